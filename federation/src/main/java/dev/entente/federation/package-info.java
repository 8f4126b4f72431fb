/// Serves our bundle to other trust domains and keeps theirs fresh.
@NullMarked
package dev.entente.federation;

import org.jspecify.annotations.NullMarked;
