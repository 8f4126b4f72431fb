/// Our own trust bundle: its authorities, its sequence number and its refresh hint.
@NullMarked
package dev.entente.broker.bundle;

import org.jspecify.annotations.NullMarked;
