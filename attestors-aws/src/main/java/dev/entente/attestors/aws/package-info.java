/// Turns what AWS signed for an instance or a role into a proven node and its selectors.
///
/// [AwsIidSource] runs on the node and asks the instance metadata service. [AwsIidAttestor] runs on
/// the broker: it believes nothing that AWS has not signed, and then asks EC2 whether the instance
/// still is what the document says. Names, selectors and payloads are SPIRE's `aws_iid`.
///
/// `aws_web_identity` is ours: [AwsWebIdentitySource] has the Security Token Service sign a token
/// for the broker's nonce, [AwsWebIdentityAttestor] verifies it with the keys of the account's
/// issuer.
///
/// Only the broker's half uses the AWS SDK and Bouncy Castle; an agent has this room's jar without
/// them.
@NullMarked
package dev.entente.attestors.aws;

import org.jspecify.annotations.NullMarked;
