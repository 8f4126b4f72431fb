package dev.entente.bench;

import dev.entente.rpc.CallOptions;
import dev.entente.wire.spiffe.workload.JWTSVIDRequest;
import dev.entente.wire.spiffe.workload.JWTSVIDResponse;
import dev.entente.wire.spiffe.workload.SpiffeWorkloadAPIGrpcClient;
import dev.entente.wire.spire.server.entry.v1.EntryGrpcClient;
import dev.entente.wire.spire.server.entry.v1.GetAuthorizedEntriesRequest;
import dev.entente.wire.spire.server.entry.v1.GetAuthorizedEntriesResponse;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDRequest;
import dev.entente.wire.spire.server.svid.v1.NewJWTSVIDResponse;
import dev.entente.wire.spire.server.svid.v1.SVIDGrpcClient;
import dev.entente.wire.spire.types.EntryMask;
import java.util.List;
import java.util.stream.IntStream;

/// What an agent asks again and again.
final class Questions {
  private static final String AUDIENCE = "spiffe://bench.example/api";

  /// More than any measurement asks for.
  private static final int AUDIENCES = 10_000;

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

  /// A token of the Workload API each call, for an audience that nobody has named before.
  ///
  /// @param asker keeps the audiences of several apart
  static ClosedLoop.Kind<JWTSVIDRequest, JWTSVIDResponse> newAudiences(int asker) {
    return new ClosedLoop.Kind<>(
        SpiffeWorkloadAPIGrpcClient.FetchJWTSVID,
        IntStream.range(0, AUDIENCES)
            .mapToObj(
                i -> JWTSVIDRequest.newBuilder().addAudience(AUDIENCE + asker + "/" + i).build())
            .toList(),
        1,
        JWTSVIDResponse::getSvidsCount,
        CallOptions.within(ClosedLoop.Kind.LIMIT).with("workload.spiffe.io", "true"));
  }
}
