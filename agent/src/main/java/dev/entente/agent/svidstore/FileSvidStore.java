package dev.entente.agent.svidstore;

import dev.entente.attestor.spi.SvidStore;
import dev.entente.runtime.DurableFiles;
import dev.entente.runtime.SafeWay;
import dev.entente.spiffe.Json;
import dev.entente.spiffe.Pem;
import dev.entente.spiffe.PrivateKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Keeps each SVID in one file of a directory, `<name>.json`, where `file:name:<name>` is the
/// entry's only selector.
///
/// One file, because only then nobody ever sees a certificate beside another one's key: it is
/// replaced whole. Its form is that of the secrets SPIRE stores, with everything in PEM.
final class FileSvidStore implements SvidStore {
  static final String TYPE = "file";

  private static final String NAME = "name:";

  /// No path, no hidden file, and room for the suffix.
  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}");

  private final Path directory;
  private final String mode;

  /// @param mode permissions of the files, such as [DurableFiles#PRIVATE]
  FileSvidStore(Path directory, String mode) {
    this.directory = directory;
    this.mode = mode;
  }

  @Override
  public void put(List<String> place, StoredSvid svid) throws IOException {
    var file = file(place);
    if (Files.notExists(directory)) {
      DurableFiles.createPrivateDirectory(directory);
    }
    // Whoever else may write there, or above, could put its own key in the place of ours.
    SafeWay.require(directory);
    var json = Json.write(secret(svid)).getBytes(StandardCharsets.UTF_8);
    DurableFiles.writeAtomically(file, json, mode);
  }

  @Override
  public void delete(List<String> place) throws IOException {
    DurableFiles.delete(file(place));
  }

  private Path file(List<String> place) {
    if (place.size() != 1 || !place.getFirst().startsWith(NAME)) {
      throw new IllegalArgumentException(
          "SVID is not kept in a file: \"file:name:…\" is not the only selector");
    }
    var name = place.getFirst().substring(NAME.length());
    if (!FILE_NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "SVID is not kept in a file: \""
              + name
              + "\" has other characters than A-Z a-z 0-9 . _ -"
              + ", or more than 128, or begins with a dot");
    }
    return directory.resolve(name + ".json");
  }

  private static Map<String, Object> secret(StoredSvid svid) {
    Map<String, Object> secret = new LinkedHashMap<>();
    secret.put("spiffeID", svid.svid().id().toString());
    secret.put("x509SVID", Pem.encodeCertificates(svid.svid().chain()));
    secret.put("x509SVIDKey", PrivateKeys.toPem(svid.key()));
    secret.put("bundle", Pem.encodeCertificates(svid.authorities()));
    if (!svid.federated().isEmpty()) {
      Map<String, Object> federated = new TreeMap<>();
      svid.federated()
          .forEach((domain, authorities) ->
              federated.put(domain.id().toString(), Pem.encodeCertificates(authorities)));
      secret.put("federatedBundles", federated);
    }
    return secret;
  }
}
