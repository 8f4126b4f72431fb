package dev.entente.systemtests;

import dev.entente.wire.entente.broker.v1.AuthorityKind;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateRequest;
import dev.entente.wire.spire.server.localauthority.v1.GetX509AuthorityStateResponse;
import dev.entente.wire.spire.server.localauthority.v1.LocalAuthorityGrpcClient;
import dev.entente.wire.spire.server.localauthority.v1.PrepareX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.RevokeX509AuthorityRequest;
import dev.entente.wire.spire.server.localauthority.v1.TaintX509AuthorityRequest;
import dev.entente.wire.spire.types.X509Certificate;
import java.util.HexFormat;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;

/// A step in the life of an X.509 authority: what has to come before it, the step, and whether it
/// was taken.
enum AuthorityStep {
  PREPARE {
    @Override
    String subject(AdminApi admin) {
      return state(admin).getPrepared().getAuthorityId();
    }

    @Override
    void take(AdminApi admin, String subject) {
      prepare(admin);
    }

    @Override
    boolean isTaken(AdminApi admin, String subject) {
      return !state(admin).getPrepared().getAuthorityId().equals(subject);
    }
  },

  ACTIVATE {
    @Override
    String subject(AdminApi admin) {
      return prepare(admin);
    }

    @Override
    void take(AdminApi admin, String subject) {
      admin.activateNow(AuthorityKind.AUTHORITY_KIND_X509, subject);
    }

    @Override
    boolean isTaken(AdminApi admin, String subject) {
      return state(admin).getActive().getAuthorityId().equals(subject);
    }
  },

  TAINT {
    @Override
    String subject(AdminApi admin) {
      var old = state(admin).getActive().getAuthorityId();
      rotate(admin);
      return old;
    }

    @Override
    void take(AdminApi admin, String subject) {
      admin.ask(
          LocalAuthorityGrpcClient.TaintX509Authority,
          TaintX509AuthorityRequest.newBuilder().setAuthorityId(subject).build());
    }

    @Override
    boolean isTaken(AdminApi admin, String subject) {
      return published(admin, subject).orElseThrow().getTainted();
    }
  },

  REVOKE {
    @Override
    String subject(AdminApi admin) {
      var old = TAINT.subject(admin);
      TAINT.take(admin, old);
      return old;
    }

    @Override
    void take(AdminApi admin, String subject) {
      admin.ask(
          LocalAuthorityGrpcClient.RevokeX509Authority,
          RevokeX509AuthorityRequest.newBuilder().setAuthorityId(subject).build());
    }

    @Override
    boolean isTaken(AdminApi admin, String subject) {
      return published(admin, subject).isEmpty();
    }
  };

  /// Takes the steps before this one, and returns what this one is about.
  abstract String subject(AdminApi admin);

  abstract void take(AdminApi admin, String subject);

  abstract boolean isTaken(AdminApi admin, String subject);

  /// Prepares an authority and lets it sign at once.
  static void rotate(AdminApi admin) {
    admin.activateNow(AuthorityKind.AUTHORITY_KIND_X509, prepare(admin));
  }

  private static String prepare(AdminApi admin) {
    return admin
        .ask(
            LocalAuthorityGrpcClient.PrepareX509Authority,
            PrepareX509AuthorityRequest.getDefaultInstance())
        .getPreparedAuthority()
        .getAuthorityId();
  }

  private static GetX509AuthorityStateResponse state(AdminApi admin) {
    return admin.ask(
        LocalAuthorityGrpcClient.GetX509AuthorityState,
        GetX509AuthorityStateRequest.getDefaultInstance());
  }

  private static Optional<X509Certificate> published(AdminApi admin, String id) {
    return admin.bundle().getX509AuthoritiesList().stream()
        .filter(authority -> keyIdentifier(authority).equals(id))
        .findFirst();
  }

  private static String keyIdentifier(X509Certificate authority) {
    var extension = Signatures.certificate(authority.getAsn1()).getExtensionValue("2.5.29.14");
    var inside = ASN1OctetString.getInstance(extension).getOctets();
    return HexFormat.of().formatHex(SubjectKeyIdentifier.getInstance(inside).getKeyIdentifier());
  }
}
