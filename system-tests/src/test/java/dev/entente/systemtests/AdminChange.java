package dev.entente.systemtests;

import dev.entente.rpc.RpcException;
import dev.entente.wire.spire.server.agent.v1.AgentGrpcClient;
import dev.entente.wire.spire.server.agent.v1.BanAgentRequest;
import dev.entente.wire.spire.server.agent.v1.DeleteAgentRequest;
import dev.entente.wire.spire.server.bundle.v1.BatchSetFederatedBundleRequest;
import dev.entente.wire.spire.server.bundle.v1.BundleGrpcClient;
import dev.entente.wire.spire.server.bundle.v1.GetFederatedBundleRequest;
import dev.entente.wire.spire.server.trustdomain.v1.BatchCreateFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.GetFederationRelationshipRequest;
import dev.entente.wire.spire.server.trustdomain.v1.TrustDomainGrpcClient;
import dev.entente.wire.spire.types.Agent;
import dev.entente.wire.spire.types.Bundle;
import dev.entente.wire.spire.types.FederationRelationship;
import dev.entente.wire.spire.types.HTTPSWebProfile;
import java.util.Optional;

/// What an administrator changes with one call, and whether it is there; wholly, or not at all.
enum AdminChange {
  /// A registration entry.
  ENTRY {
    @Override
    void make(AdminApi admin, TestNode node, String name) {
      admin.createEntry(
          AdminApi.entry("/spire/agent/x509pop/nobody", "/" + name, "unix:uid:1").build());
    }

    @Override
    boolean isMade(AdminApi admin, TestNode node, String name) {
      var found =
          admin.entries().stream()
              .filter(entry -> entry.getSpiffeId().getPath().equals("/" + name))
              .count();
      return wholly(found == 1, found == 0, name);
    }
  },

  /// A federation relationship together with its first bundle.
  RELATIONSHIP {
    @Override
    void make(AdminApi admin, TestNode node, String name) {
      var relationship =
          FederationRelationship.newBuilder()
              .setTrustDomain(name)
              .setBundleEndpointUrl("https://127.0.0.1:9/bundle")
              .setHttpsWeb(HTTPSWebProfile.getDefaultInstance())
              .setTrustDomainBundle(bundle(admin, name));
      admin.ask(
          TrustDomainGrpcClient.BatchCreateFederationRelationship,
          BatchCreateFederationRelationshipRequest.newBuilder()
              .addFederationRelationships(relationship)
              .build());
    }

    @Override
    boolean isMade(AdminApi admin, TestNode node, String name) {
      var request = GetFederationRelationshipRequest.newBuilder().setTrustDomain(name).build();
      var related =
          found(() -> admin.ask(TrustDomainGrpcClient.GetFederationRelationship, request));
      var bundled = BUNDLE.isMade(admin, node, name);
      return wholly(related && bundled, !related && !bundled, name);
    }
  },

  /// The bundle of another trust domain.
  BUNDLE {
    @Override
    void make(AdminApi admin, TestNode node, String name) {
      admin.ask(
          BundleGrpcClient.BatchSetFederatedBundle,
          BatchSetFederatedBundleRequest.newBuilder().addBundle(bundle(admin, name)).build());
    }

    @Override
    boolean isMade(AdminApi admin, TestNode node, String name) {
      var request = GetFederatedBundleRequest.newBuilder().setTrustDomain(name).build();
      return found(() -> admin.ask(BundleGrpcClient.GetFederatedBundle, request));
    }
  },

  /// A ban of an attested node.
  BAN {
    @Override
    void make(AdminApi admin, TestNode node, String name) {
      admin.ask(AgentGrpcClient.BanAgent, BanAgentRequest.newBuilder().setId(node.id()).build());
    }

    @Override
    boolean isMade(AdminApi admin, TestNode node, String name) {
      return agent(admin, node).orElseThrow().getBanned();
    }
  },

  /// The deletion of an attested node.
  DELETE {
    @Override
    void make(AdminApi admin, TestNode node, String name) {
      admin.ask(
          AgentGrpcClient.DeleteAgent, DeleteAgentRequest.newBuilder().setId(node.id()).build());
    }

    @Override
    boolean isMade(AdminApi admin, TestNode node, String name) {
      return agent(admin, node).isEmpty();
    }
  };

  /// @param node attested and neither banned nor deleted
  /// @param name of something that is not there yet, such as `change-1`
  abstract void make(AdminApi admin, TestNode node, String name);

  abstract boolean isMade(AdminApi admin, TestNode node, String name);

  private static boolean wholly(boolean made, boolean absent, String name) {
    if (made == absent) {
      throw new AssertionError(name + " is there in part");
    }
    return made;
  }

  private static boolean found(Runnable question) {
    try {
      question.run();
      return true;
    } catch (RpcException e) {
      return false;
    }
  }

  /// Our own authorities, under another name.
  private static Bundle bundle(AdminApi admin, String name) {
    return Bundle.newBuilder()
        .setTrustDomain(name)
        .addX509Authorities(admin.bundle().getX509Authorities(0).toBuilder().setTainted(false))
        .build();
  }

  private static Optional<Agent> agent(AdminApi admin, TestNode node) {
    return admin.agents().stream().filter(agent -> agent.getId().equals(node.id())).findFirst();
  }
}
