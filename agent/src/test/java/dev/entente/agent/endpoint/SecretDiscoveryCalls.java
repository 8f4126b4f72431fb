package dev.entente.agent.endpoint;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// State of the world, over a real socket.
abstract class SecretDiscoveryCalls {
  @TempDir private Path directory;

  SecretDiscoveryFixture sds;

  @BeforeEach
  void start() throws Exception {
    sds = new SecretDiscoveryFixture(directory);
  }

  @AfterEach
  void stop() {
    sds.close();
  }
}
