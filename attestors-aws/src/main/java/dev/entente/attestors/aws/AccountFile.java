package dev.entente.attestors.aws;

import dev.entente.spiffe.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// A file with the accounts of an organisation: a JSON array of texts of twelve digits, as SPIRE
/// reads it.
final class AccountFile {
  /// A hundred thousand accounts.
  private static final int MAX_BYTES = 2 * 1024 * 1024;

  private AccountFile() {}

  /// @throws IOException if it cannot be read, or is anything else
  static Set<String> read(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      byte[] json = in.readNBytes(MAX_BYTES + 1);
      if (json.length > MAX_BYTES) {
        throw new IllegalArgumentException("it is over " + MAX_BYTES + " bytes");
      }
      return accounts(Json.parse(json));
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException("accounts not read from " + file + ": " + e.getMessage(), e);
    }
  }

  private static Set<String> accounts(Object json) {
    if (!(json instanceof List<?> items)) {
      throw new IllegalArgumentException("it is not an array of account ids");
    }
    var accounts = new HashSet<String>();
    for (var item : items) {
      if (item instanceof String id && InstanceIdentity.ACCOUNT_ID.matcher(id).matches()) {
        accounts.add(id);
      } else {
        throw new IllegalArgumentException("not a text of twelve digits: " + item);
      }
    }
    return accounts;
  }
}
