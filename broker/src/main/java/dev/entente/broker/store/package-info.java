/// Durable state behind interfaces; the only package that speaks SQL.
///
/// Two ideas carry it. One writer thread groups what arrives within about two milliseconds into one
/// transaction with a savepoint for each write, so that many callers share one flush to disk. And
/// every transaction appends to a change log that is gap-free in commit order, so that a reader
/// which remembers one number can follow everything that happened.
///
/// A succeeded future means the write survives a power cut. A rule that says no is a case of a
/// sealed outcome; a fault is a [StoreException]. Futures complete on the Vert.x context that
/// asked, if one did.
@NullMarked
package dev.entente.broker.store;

import org.jspecify.annotations.NullMarked;
