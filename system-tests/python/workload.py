"""A program that knows the Workload API through the package spiffe only.

It obeys standard input with the words of the Java workload: one command a line, answered by
"ok key=value …" or "error …"; what a stream brings is a line "event …".
"""

import sys
import threading

from spiffe import JwtSource, JwtSvid, WorkloadApiClient, X509Source

PATIENCE_SECONDS = 20
_out = threading.Lock()


def say(line):
    with _out:
        print(" ".join(line.split()), flush=True)


def text(svid):
    return "id=%s serial=%x not-after=%s chain=%d" % (
        svid.spiffe_id,
        svid.leaf.serial_number,
        svid.leaf.not_valid_after_utc.isoformat().replace("+00:00", "Z"),
        len(svid.cert_chain),
    )


class Workload:
    def __init__(self, address):
        self.client = WorkloadApiClient(address)
        self.address = address
        self.sources = {}

    def source(self, kind):
        if kind not in self.sources:
            self.sources[kind] = kind(
                socket_path=self.address, timeout_in_seconds=PATIENCE_SECONDS
            )
        return self.sources[kind]

    def context(self):
        with WorkloadApiClient(self.address) as once:
            found = once.fetch_x509_context(timeout=PATIENCE_SECONDS)
        ids = ",".join(str(svid.spiffe_id) for svid in found.x509_svids)
        return text(found.default_svid) + " ids=" + ids

    def x509(self):
        return text(self.source(X509Source).svid)

    def watch(self):
        self.client.stream_x509_contexts(
            lambda found: say("event " + text(found.default_svid)),
            lambda error: say("event error=" + str(error).replace(" ", "_")),
        )
        return ""

    def jwt(self, audience):
        svid = self.source(JwtSource).fetch_svid({audience})
        return "id=%s token=%s" % (svid.spiffe_id, svid.token)

    def validate(self, audience, token):
        there = self.client.validate_jwt_svid(token, audience)
        bundle = self.source(JwtSource).get_bundle_for_trust_domain(
            there.spiffe_id.trust_domain
        )
        here = JwtSvid.parse_and_validate(token, bundle, {audience})
        return "id=%s agent=%s" % (here.spiffe_id, there.spiffe_id)


def main():
    workload = Workload(sys.argv[1])
    for line in sys.stdin:
        command, *arguments = line.split()
        try:
            say("ok " + getattr(workload, command)(*arguments))
        except Exception as e:  # pylint: disable=broad-except
            say("error %s: %s" % (type(e).__name__, e))


main()
