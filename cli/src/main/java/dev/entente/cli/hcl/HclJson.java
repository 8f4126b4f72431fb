package dev.entente.cli.hcl;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.entente.cli.hcl.HclValue.Block;
import dev.entente.cli.hcl.HclValue.Items;
import dev.entente.cli.hcl.HclValue.Member;
import dev.entente.cli.hcl.HclValue.Plain;
import dev.entente.cli.hcl.HclValue.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Optional;

/// Builds the values of an HCL file in JSON: the same values, each name with a colon.
final class HclJson {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(Hcl.DEPTH_MAX)
                  .maxDocumentLength(Hcl.SIZE_MAX_BYTES)
                  .build())
          .build();

  private final JsonParser json;
  private int values;

  private HclJson(JsonParser json) {
    this.json = json;
  }

  static Block parse(String text) {
    try (var json = FACTORY.createParser(text)) {
      json.nextToken();
      var root = new HclJson(json).block();
      if (json.nextToken() != null) {
        throw new HclException(line(json), "something follows the end of the JSON object");
      }
      return root;
    } catch (JsonProcessingException e) {
      var line = Optional.ofNullable(e.getLocation()).map(at -> at.getLineNr()).orElse(1);
      throw new HclException(line, "not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new IllegalStateException("text in memory cannot fail to be read", e);
    }
  }

  private static int line(JsonParser json) {
    return json.currentTokenLocation().getLineNr();
  }

  private Block block() throws IOException {
    var line = line(json);
    var members = new ArrayList<Member>();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      var name = json.currentName();
      var at = line(json);
      json.nextToken();
      members.add(new Member(at, name, value()));
    }
    return new Block(line, members);
  }

  private Items items() throws IOException {
    var line = line(json);
    var items = new ArrayList<HclValue>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      items.add(value());
    }
    return new Items(line, items);
  }

  private HclValue value() throws IOException {
    var line = line(json);
    if (++values > Hcl.VALUES_MAX) {
      throw new HclException(line, "more than " + Hcl.VALUES_MAX + " values");
    }
    return switch (json.currentToken()) {
      case START_OBJECT -> block();
      case START_ARRAY -> items();
      case VALUE_STRING -> new Text(line, json.getText());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE ->
          new Plain(line, json.getText());
      case VALUE_NULL -> throw new HclException(line, "null is no value of HCL");
      case END_OBJECT, END_ARRAY, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
          throw new HclException(line, "a value is missing");
    };
  }
}
