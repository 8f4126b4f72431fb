package dev.entente.runtime;

import io.vertx.core.json.jackson.JacksonCodec;
import io.vertx.core.spi.JsonFactory;
import io.vertx.core.spi.json.JsonCodec;

/// What Vert.x finds by ServiceLoader to read and write its `JsonObject`: Jackson's streams alone.
///
/// Its own choice is Jackson's data binding, if that is on the class path: four hundred more
/// classes to load at every start, for objects that nobody here binds.
public final class StreamingJson implements JsonFactory {
  private final JsonCodec codec = new JacksonCodec();

  /// Called by ServiceLoader.
  public StreamingJson() {}

  /// Before every other.
  @Override
  public int order() {
    return 0;
  }

  @Override
  public JsonCodec codec() {
    return codec;
  }
}
