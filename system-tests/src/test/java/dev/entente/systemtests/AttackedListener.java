package dev.entente.systemtests;

/// A listener that strangers can reach, and a call it knows.
enum AttackedListener {
  WORKLOAD_API {
    @Override
    byte[] call() {
      return RawHttp2.call("/SpiffeWorkloadAPI/FetchX509SVID", "workload.spiffe.io", "true");
    }
  },
  BROKER {
    @Override
    byte[] call() {
      return RawHttp2.call("/spire.api.server.bundle.v1.Bundle/GetBundle");
    }
  },
  BUNDLE_ENDPOINT {
    @Override
    byte[] call() {
      return RawHttp2.fields(":method", "GET", ":scheme", "https", ":path", "/", ":authority", "x");
    }
  };

  /// Header fields of the call.
  abstract byte[] call();
}
