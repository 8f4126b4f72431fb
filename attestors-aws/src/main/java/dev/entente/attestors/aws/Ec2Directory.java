package dev.entente.attestors.aws;

import dev.entente.attestor.spi.AttestationFault;
import java.util.List;

/// Asks AWS what it knows of an instance. Safe for use by many threads; blocks for a bounded time.
interface Ec2Directory {
  /// The instances with this id in this account and region; none if EC2 knows none.
  ///
  /// @throws AttestationFault if EC2 cannot be asked, or may not be asked by us
  List<Ec2Instance> find(InstanceIdentity identity) throws AttestationFault;

  /// The ARNs of the roles in an instance profile of the instance's account.
  ///
  /// @throws AttestationFault if IAM cannot be asked, or knows no such profile
  List<String> roles(InstanceIdentity identity, String profileName) throws AttestationFault;
}
