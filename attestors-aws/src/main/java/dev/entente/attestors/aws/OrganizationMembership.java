package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestationFault;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;
import software.amazon.awssdk.services.organizations.model.Account;
import software.amazon.awssdk.services.organizations.model.AccountStatus;

/// Whether an instance's account belongs to the organisation and is active there.
final class OrganizationMembership implements Membership {
  private static final String UNDONE = "accounts of the organisation not listed";

  /// A page has twenty accounts and takes a tenth of a second. SPIRE's budget; an attestation has
  /// 30 s.
  private static final Duration LIST_LIMIT = Duration.ofSeconds(20);

  private final CachedNames accounts;

  private OrganizationMembership(CachedNames accounts) {
    this.accounts = accounts;
  }

  /// The organisation as an operator lists it, read again when the list is old.
  static Membership listed(Organization.Listed organization, InstantSource clock) {
    return new OrganizationMembership(
        new CachedNames(
            () -> {
              try {
                return AccountFile.read(organization.file());
              } catch (IOException e) {
                throw new AttestationFault(String.valueOf(e.getMessage()), e);
              }
            },
            organization.ttl(),
            clock));
  }

  /// The organisation as AWS lists it.
  static Membership asked(
      Organization.Asked organization, SdkClients clients, AwsCalls calls, InstantSource clock) {
    return new OrganizationMembership(
        new CachedNames(
            () -> calls.make(UNDONE, () -> list(organization, clients)),
            organization.ttl(),
            clock));
  }

  private static Set<String> list(Organization.Asked organization, SdkClients clients) {
    var region = organization.region();
    var manager =
        clients.as(organization.managementAccountId(), organization.role(), organization.region());
    long end = System.nanoTime() + LIST_LIMIT.toNanos();
    var active = new HashSet<String>();
    for (var page :
        clients
            .organizations(region)
            .listAccountsPaginator(request -> request.overrideConfiguration(manager))) {
      page.accounts().stream()
          .filter(account -> account.status() == AccountStatus.ACTIVE)
          .map(Account::id)
          .forEach(active::add);
      SdkClients.requireTime(end, active.size() + " accounts were listed in " + LIST_LIMIT);
    }
    return active;
  }

  @Override
  public boolean holds(InstanceIdentity identity) throws AttestationFault {
    return accounts.has(identity.accountId());
  }
}
