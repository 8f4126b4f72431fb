package dev.entente.broker.api.message;

import com.google.protobuf.ByteString;
import dev.entente.broker.authority.IssuedJwtSvid;
import dev.entente.broker.authority.IssuedWitSvid;
import dev.entente.broker.authority.IssuedX509Svid;
import dev.entente.wire.spire.types.JWTSVID;
import dev.entente.wire.spire.types.WITSVID;
import dev.entente.wire.spire.types.X509SVID;

/// SVIDs as messages.
public final class SvidMessages {
  private SvidMessages() {}

  /// Writes an X.509-SVID: one element a certificate, leaf first.
  public static X509SVID toWire(IssuedX509Svid svid, String hint) {
    var message =
        X509SVID
            .newBuilder()
            .setId(IdMessages.toWire(svid.id()))
            .setExpiresAt(svid.notAfter().getEpochSecond())
            .setHint(hint);
    svid.chain().forEach(der -> message.addCertChain(ByteString.copyFrom(der)));
    return message.build();
  }

  /// Writes a JWT-SVID.
  public static JWTSVID toWire(IssuedJwtSvid svid, String hint) {
    return JWTSVID
        .newBuilder()
        .setToken(svid.token())
        .setId(IdMessages.toWire(svid.id()))
        .setIssuedAt(svid.issuedAt().getEpochSecond())
        .setExpiresAt(svid.expiresAt().getEpochSecond())
        .setHint(hint)
        .build();
  }

  /// Writes a WIT-SVID.
  public static WITSVID toWire(IssuedWitSvid svid, String hint) {
    return WITSVID
        .newBuilder()
        .setToken(svid.token())
        .setId(IdMessages.toWire(svid.id()))
        .setIssuedAt(svid.issuedAt().getEpochSecond())
        .setExpiresAt(svid.expiresAt().getEpochSecond())
        .setHint(hint)
        .build();
  }
}
