package dev.entente.bench;

import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.GetAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.GetAuthorizedEntriesResponse;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDResponse;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import dev.entente.wire.spire.types.EntryMask;
import java.util.List;

/// What an agent asks again and again.
final class Questions {
  private static final String AUDIENCE = "spiffe://bench.example/api";

  private Questions() {}

  /// One ES256 token a call, for these entries in turn.
  static ClosedLoop.Kind<NewJWTSVIDRequest, NewJWTSVIDResponse> jwt(List<String> entryIds) {
    return new ClosedLoop.Kind<>(
        SVIDGrpcClient.NewJWTSVID,
        entryIds.stream()
            .map(id -> NewJWTSVIDRequest.newBuilder().setEntryId(id).addAudience(AUDIENCE).build())
            .toList(),
        1,
        answer -> answer.hasSvid() ? 1 : 0);
  }

  /// All the caller's entries.
  static ClosedLoop.Kind<GetAuthorizedEntriesRequest, GetAuthorizedEntriesResponse> entries() {
    return new ClosedLoop.Kind<>(
        EntryGrpcClient.GetAuthorizedEntries,
        List.of(
            GetAuthorizedEntriesRequest.newBuilder()
                .setOutputMask(EntryMask.getDefaultInstance())
                .build()),
        1,
        answer -> answer.getEntriesCount() > 0 ? 1 : 0);
  }
}
