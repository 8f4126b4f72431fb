package dev.entente.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// SPIRE's command line cannot tell our private socket from a SPIRE server's: same exit codes, same
/// JSON, same gRPC codes.
@DisplayName("The real spire-server command line administers our broker")
final class SpireCliInteropIT {
  @RegisterExtension private static final Sandbox SANDBOX = Sandbox.perClass();

  private static Optional<SpireTwins> twins = Optional.empty();

  /// Without a good `-spiffeID`: SPIRE makes the alias at once and we when the token is used, so
  /// the entries that are counted would differ.
  @Test
  @Needs(Peer.SPIRE_SERVER)
  void healthAndTokens() {
    same(
        """
        healthcheck
        token generate -output json
        token generate -spiffeID spiffe://other.example/x
        token generate -spiffeID spiffe://td.example/spire/agent/x
        token generate -ttl -1
        entry count -output json
        """);
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void entries() {
    same(
        """
        entry create -entryID e1 -parentID spiffe://td.example/n -spiffeID spiffe://td.example/e/1 -selector unix:uid:1 -output json
        entry create -entryID e2 -parentID spiffe://td.example/n -spiffeID spiffe://td.example/e/2 -selector unix:uid:2 -selector unix:gid:2 -x509SVIDTTL 60 -jwtSVIDTTL 30 -dns a.example -dns b.example -hint h -admin -downstream -entryExpiry 4102444800 -disableX509SVIDPrefetch -jwtSVIDIncludeJTI -output json
        entry create -entryID e3 -node -spiffeID spiffe://td.example/alias -selector x509pop:subject:cn:a -output json
        entry create -entryID e4 -parentID spiffe://td.example/n -spiffeID spiffe://td.example/e/4 -selector disk:a:b -storeSVID -output json
        entry create -entryID e5 -parentID spiffe://td.example/n -spiffeID spiffe://td.example/e/1 -selector unix:uid:1 -output json
        entry create -entryID e1 -parentID spiffe://td.example/n -spiffeID spiffe://td.example/e/6 -selector unix:uid:6 -output json
        entry create -parentID spiffe://td.example/n -spiffeID spiffe://other.example/e -selector unix:uid:1 -output json
        entry create -parentID spiffe://td.example/n -spiffeID spiffe://td.example/spire/x -selector unix:uid:1 -output json
        entry create -parentID spiffe://td.example/n -spiffeID spiffe://td.example/e/7 -selector unix:uid:7 -federatesWith spiffe://unknown.example -output json ## code=13 -> code=9
        entry create -parentID spiffe://td.example/n -spiffeID spiffe://td.example/e/8 -selector unix:uid:7 -dns bad..name -output json
        entry create -parentID spiffe://td.example/n -spiffeID spiffe://td.example/e/9
        entry show -entryID e1 -output json
        entry show -entryID nobody -output json
        entry show -spiffeID spiffe://td.example/e/2 -output json
        entry show -parentID spiffe://td.example/n -selector unix:uid:2 -output json
        entry show -selector unix:uid:2 -matchSelectorsOn exact -output json
        entry show -selector unix:uid:2 -selector unix:gid:2 -selector unix:uid:3 -matchSelectorsOn subset -output json
        entry show -hint h -output json
        entry show -downstream -output json
        entry count -output json
        entry count -parentID spiffe://td.example/n -output json
        entry update -entryID e1 -parentID spiffe://td.example/n -spiffeID spiffe://td.example/e/1b -selector unix:uid:11 -x509SVIDTTL 90 -output json
        entry update -entryID nobody -parentID spiffe://td.example/n -spiffeID spiffe://td.example/e/1b -selector unix:uid:11 -output json
        entry show -entryID e1 -output json
        entry show
        entry delete -entryID e1 -output json
        entry delete -entryID e1 -output json
        entry delete -entryID e2
        entry delete -entryID e3
        entry delete -entryID e4
        entry delete
        entry count
        """);
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void entriesFromFilesAndByWhatTheyHave() throws IOException {
    pair()
        .let("BUNDLE", pair().bundleDocument())
        .let(
            "MADE",
            file(
                """
                {"entries": [
                  {"entry_id": "d1", "parent_id": "spiffe://td.example/d", "spiffe_id": "spiffe://td.example/d/1",
                   "selectors": [{"type": "unix", "value": "uid:1"}], "federates_with": ["spiffe://d1.example"]},
                  {"entry_id": "d2", "parent_id": "spiffe://td.example/d", "spiffe_id": "spiffe://td.example/d/2",
                   "selectors": [{"type": "unix", "value": "uid:1"}, {"type": "unix", "value": "gid:1"}],
                   "federates_with": ["spiffe://d1.example", "spiffe://d2.example"], "x509_svid_ttl": 60},
                  {"entry_id": "d1", "parent_id": "spiffe://td.example/d", "spiffe_id": "spiffe://td.example/d/3",
                   "selectors": [{"type": "unix", "value": "uid:3"}]}
                ]}
                """))
        .let(
            "CHANGED",
            file(
                """
                {"entries": [
                  {"entry_id": "d1", "parent_id": "spiffe://td.example/d", "spiffe_id": "spiffe://td.example/d/1b",
                   "selectors": [{"type": "unix", "value": "uid:11"}]},
                  {"entry_id": "nobody", "parent_id": "spiffe://td.example/d", "spiffe_id": "spiffe://td.example/d/4",
                   "selectors": [{"type": "unix", "value": "uid:4"}]}
                ]}
                """))
        .let("GONE", file("{\"ids\": [\"d1\", \"d2\", \"nobody\"]}"));
    same(
        """
        bundle set -id spiffe://d1.example -path $BUNDLE -format spiffe
        bundle set -id spiffe://d2.example -path $BUNDLE -format spiffe
        entry create -data $MADE -output json
        entry show -parentID spiffe://td.example/d -federatesWith spiffe://d1.example -output json
        entry show -parentID spiffe://td.example/d -federatesWith spiffe://d1.example -matchFederatesWithOn exact -output json
        entry show -parentID spiffe://td.example/d -federatesWith spiffe://d1.example -federatesWith spiffe://d3.example -matchFederatesWithOn any -output json
        entry show -parentID spiffe://td.example/d -federatesWith spiffe://d1.example -matchFederatesWithOn subset -output json
        entry show -parentID spiffe://td.example/d -selector unix:uid:1 -selector unix:uid:9 -matchSelectorsOn any -output json
        entry show -parentID spiffe://td.example/d -selector unix:uid:1 -selector unix:gid:1 -matchSelectorsOn superset -output json
        entry show -parentID spiffe://td.example/d -selector unix:uid:1 -matchSelectorsOn nonsense
        entry count -federatesWith spiffe://d2.example -output json
        entry count -federatesWith spiffe://d1.example -matchFederatesWithOn exact -output json
        entry count -parentID spiffe://td.example/d -selector unix:uid:1 -matchSelectorsOn exact -output json
        entry show -spiffeID spiffe://other.example/e -output json
        entry count -parentID spiffe://other.example/e -output json
        entry update -data $CHANGED -output json
        entry show -entryID d1 -output json
        entry delete -file $GONE -output json
        entry create -data /nowhere
        bundle delete -id spiffe://d1.example
        bundle delete -id spiffe://d2.example
        """);
  }

  private static Path file(String text) throws IOException {
    return Files.writeString(Files.createTempFile(SANDBOX.directory(), "typed", ".json"), text);
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void bundles() throws IOException {
    pair().let("BUNDLE", pair().bundleDocument());
    same(
        """
        bundle show -output json
        bundle count -output json
        bundle list -output json
        bundle list -id spiffe://b1.example -output json
        bundle set -id spiffe://b1.example -path $BUNDLE -format spiffe -output json
        bundle set -id b2.example -path $BUNDLE -format spiffe -output json
        bundle set -id spiffe://td.example -path $BUNDLE -format spiffe -output json
        bundle set -id spiffe://b1.example -path /nowhere
        bundle list -output json
        bundle list -id b1.example -output json
        bundle count -output json
        entry create -entryID fb -parentID spiffe://td.example/n -spiffeID spiffe://td.example/fb -selector unix:uid:1 -federatesWith spiffe://b1.example -output json
        bundle delete -id spiffe://b1.example -output json
        bundle delete -id spiffe://b1.example -mode dissociate -output json
        entry show -entryID fb -output json ## revision_number=0 -> revision_number=1
        bundle delete -id spiffe://b2.example -mode delete -output json
        bundle delete -id spiffe://b2.example -output json
        bundle delete -id spiffe://td.example -output json
        bundle delete -id nonsense! -output json
        bundle delete -id spiffe://b2.example -mode nonsense
        entry delete -entryID fb
        bundle count -output json
        """);
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void federationRelationships() throws IOException {
    pair()
        .let("BUNDLE", pair().bundleDocument())
        .let(
            "PARTNERS",
            file(
                """
                {"federationRelationships": [
                  {"trustDomain": "f4.example", "bundleEndpointURL": "https://127.0.0.1:1/b",
                   "bundleEndpointProfile": "https_web"},
                  {"trustDomain": "f5.example", "bundleEndpointURL": "https://127.0.0.1:1/b",
                   "bundleEndpointProfile": "https_spiffe", "endpointSPIFFEID": "spiffe://f5.example/e"}
                ]}
                """));
    same(
        """
        federation list -output json
        federation create -trustDomain f1.example -bundleEndpointURL https://127.0.0.1:1/b -bundleEndpointProfile https_web -output json
        federation create -trustDomain f2.example -bundleEndpointURL https://127.0.0.1:1/b -bundleEndpointProfile https_spiffe -endpointSpiffeID spiffe://f2.example/e -trustDomainBundlePath $BUNDLE -trustDomainBundleFormat spiffe -output json
        federation create -trustDomain f1.example -bundleEndpointURL https://127.0.0.1:1/b -bundleEndpointProfile https_web -output json ## code=13 -> code=6
        federation create -trustDomain td.example -bundleEndpointURL https://127.0.0.1:1/b -bundleEndpointProfile https_web -output json
        federation create -trustDomain f3.example -bundleEndpointURL http://127.0.0.1:1/b -bundleEndpointProfile https_web -output json
        federation list -output json
        federation show -trustDomain f1.example -output json
        federation show -trustDomain f2.example -output json
        federation show -trustDomain nobody.example -output json
        federation update -trustDomain f1.example -bundleEndpointURL https://127.0.0.1:2/c -bundleEndpointProfile https_web -output json
        federation update -trustDomain nobody.example -bundleEndpointURL https://127.0.0.1:2/c -bundleEndpointProfile https_web -output json ## code=13 -> code=5
        federation show -trustDomain f1.example -output json
        federation create -data $PARTNERS -output json
        federation show -trustDomain f4.example -output json
        federation update -data $PARTNERS -output json
        federation delete -id f4.example -output json
        federation delete -id f5.example -output json
        federation delete -id spiffe://nobody.example -output json
        federation delete -id td.example -output json
        federation refresh -id spiffe://nobody.example -output json
        federation refresh -id spiffe://f2.example -output json
        federation delete -id f1.example -output json
        federation delete -id f1.example -output json
        federation delete -id f2.example -output json
        federation list -output json
        bundle delete -id spiffe://f2.example
        """);
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void minting() {
    same(
        """
        jwt mint -spiffeID spiffe://td.example/m -audience a -output json
        jwt mint -spiffeID spiffe://td.example/m -audience a -audience b -ttl 1m -output json
        jwt mint -spiffeID spiffe://td.example/m
        jwt mint -audience a
        jwt mint -spiffeID spiffe://other.example/m -audience a
        x509 mint -spiffeID spiffe://td.example/m -output json
        x509 mint -spiffeID spiffe://td.example/m -ttl 5m -dns a.example -output json
        x509 mint -spiffeID spiffe://other.example/m
        x509 mint -spiffeID spiffe://td.example/m -dns bad..name
        x509 mint
        """);
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void localAuthorities() {
    same(
        """
        localauthority x509 show -output json
        X509=prepared_authority.authority_id <- localauthority x509 prepare -output json
        localauthority x509 show -output json
        localauthority x509 taint -authorityID $X509 -output json
        localauthority x509 activate -authorityID nonsense -output json
        localauthority x509 activate
        localauthority x509 revoke -authorityID nonsense -output json
        localauthority jwt show -output json
        JWT=prepared_authority.authority_id <- localauthority jwt prepare -output json
        localauthority jwt show -output json
        localauthority jwt activate -authorityID nonsense -output json
        localauthority jwt taint -authorityID $JWT -output json
        localauthority jwt revoke -authorityID nonsense -output json
        upstreamauthority taint -subjectKeyID 00ff -output json
        upstreamauthority revoke -subjectKeyID 00ff -output json
        """);
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void authoritiesThatWereReplaced() {
    for (var kind : List.of("x509", "jwt")) {
      var noun = "localauthority " + kind;
      same("NEXT=prepared_authority.authority_id <- %s prepare -output json".formatted(noun));
      // We let nothing sign before it was published for long enough, unless told so in our words.
      pair().activateNow(kind, "NEXT");
      same(
          """
          %1$s show -output json
          OLD=old.authority_id <- %1$s show -output json
          %1$s revoke -authorityID $OLD -output json
          %1$s taint -authorityID $OLD -output json ## expires_at=0 -> expires_at=<text>
          bundle show -output json
          %1$s taint -authorityID $OLD -output json
          %1$s revoke -authorityID $OLD -output json ## expires_at=0 -> expires_at=<text>
          bundle show -output json
          """
              .formatted(noun));
    }
  }

  @Test
  @Needs({Peer.SPIRE_SERVER, Peer.SPIRE_AGENT})
  void agents() throws IOException {
    same("agent count -output json");
    pair()
        .let("AGENT", pair().attestAnAgentToEach())
        .let("LATE", "2100-01-01 00:00:00 +0000 +00")
        .let("EARLY", "2001-01-01 00:00:00 +0000 +00");
    same(
        """
        agent list -output json
        agent count -output json
        agent show -spiffeID $AGENT -output json
        agent show -spiffeID spiffe://td.example/spire/agent/x509pop/nobody -output json
        agent show -spiffeID spiffe://td.example/workload -output json
        agent list -attestationType x509pop -output json
        agent list -attestationType join_token -output json
        agent list -canReattest true -output json
        agent list -canReattest false -output json
        agent list -selector x509pop:subject:cn:node-7 -output json
        agent list -selector x509pop:subject:cn:node-8 -output json
        agent list -expiresBefore $LATE -output json
        agent list -expiresBefore $EARLY -output json
        agent list -expiresBefore nonsense
        agent count -expiresBefore $LATE -output json
        agent list -selector x509pop:subject:cn:node-7 -matchSelectorsOn subset -output json
        agent count -banned true -output json
        agent purge -dryRun -output json
        agent purge -expiredFor 1h -output json
        agent ban -spiffeID $AGENT -output json
        agent ban -spiffeID spiffe://td.example/spire/agent/x509pop/nobody -output json
        agent list -banned true -output json
        agent evict -spiffeID $AGENT -output json
        agent evict -spiffeID $AGENT -output json
        agent count -output json
        """);
  }

  @Test
  @Needs(Peer.SPIRE_SERVER)
  void logLevels() {
    same(
        """
        debug getinfo -output json
        logger get -output json
        logger set -level debug -output json
        logger get -output json
        logger set -level nonsense
        logger reset -output json
        """);
  }

  /// Types it to both and compares each answer.
  private static void same(String script) {
    var softly = new SoftAssertions();
    for (var answers : pair().type(script)) {
      softly.assertThat(answers.ours()).as(answers.line()).isEqualTo(answers.theirs());
    }
    softly.assertAll();
  }

  private static synchronized SpireTwins pair() {
    if (twins.isEmpty()) {
      twins = Optional.of(SpireTwins.start(SANDBOX));
    }
    return twins.get();
  }
}
