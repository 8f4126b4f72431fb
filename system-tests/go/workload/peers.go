package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/federation"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

// serve greets every caller by its identity, until the process ends; only peer may call.
func (w *workload) serve(ctx context.Context, peer string) (string, error) {
	authorizer, source, err := w.only(ctx, peer)
	if err != nil {
		return "", err
	}
	mode := spiffetls.MTLSServerWithSource(authorizer, source)
	listener, err := spiffetls.ListenWithMode(context.Background(), "tcp", "127.0.0.1:0", mode)
	if err != nil {
		return "", err
	}
	go func() {
		for {
			caller, err := listener.Accept()
			if err != nil {
				return
			}
			go greet(caller)
		}
	}()
	return address(listener.Addr()), nil
}

func greet(caller net.Conn) {
	defer caller.Close()
	// The handshake is done by the first read or write.
	if _, err := caller.Write([]byte{}); err != nil {
		fmt.Fprintln(os.Stderr, "caller not served:", err)
		return
	}
	id, err := spiffetls.PeerIDFromConn(caller)
	if err != nil {
		fmt.Fprintln(os.Stderr, "caller not served:", err)
		return
	}
	fmt.Fprintf(caller, "hello=%s\n", id)
}

// call returns what peer greeted us with, and who it was.
func (w *workload) call(ctx context.Context, address, peer string) (string, error) {
	authorizer, source, err := w.only(ctx, peer)
	if err != nil {
		return "", err
	}
	mode := spiffetls.MTLSClientWithSource(authorizer, source)
	conn, err := spiffetls.DialWithMode(ctx, "tcp", address, mode)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	greeting, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "", err
	}
	id, err := spiffetls.PeerIDFromConn(conn)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(greeting) + " peer=" + id.String(), nil
}

func (w *workload) only(ctx context.Context, peer string) (
	tlsconfig.Authorizer, *workloadapi.X509Source, error) {
	id, err := spiffeid.FromString(peer)
	if err != nil {
		return nil, nil, err
	}
	source, err := w.x509Source(ctx)
	return tlsconfig.AuthorizeID(id), source, err
}

// fetchBundle fetches a bundle by https_spiffe, trusting what the Workload API says of the domain.
func (w *workload) fetchBundle(ctx context.Context, domain, where, endpoint string) (string, error) {
	td, err := spiffeid.TrustDomainFromString(domain)
	if err != nil {
		return "", err
	}
	id, err := spiffeid.FromString(endpoint)
	if err != nil {
		return "", err
	}
	source, err := w.x509Source(ctx)
	if err != nil {
		return "", err
	}
	bundle, err := federation.FetchBundle(ctx, td, where, federation.WithSPIFFEAuth(source, id))
	if err != nil {
		return "", err
	}
	sequence, _ := bundle.SequenceNumber()
	return fmt.Sprintf("x509=%s keys=%d sequence=%d",
		digests(bundle.X509Authorities()), len(bundle.JWTAuthorities()), sequence), nil
}

// serveBundle serves, with our SVID, the bundle of another domain with one authority.
func (w *workload) serveBundle(ctx context.Context, domain string) (string, error) {
	td, err := spiffeid.TrustDomainFromString(domain)
	if err != nil {
		return "", err
	}
	source, err := w.x509Source(ctx)
	if err != nil {
		return "", err
	}
	root, err := authority(td)
	if err != nil {
		return "", err
	}
	bundle := spiffebundle.FromX509Authorities(td, []*x509.Certificate{root})
	bundle.SetSequenceNumber(7)
	handler, err := federation.NewHandler(td, bundle)
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: handler, TLSConfig: tlsconfig.TLSServerConfig(source)}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return address(listener.Addr()), nil
}

// authority is a fresh one of that domain.
func authority(td spiffeid.TrustDomain) (*x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{Organization: []string{"SPIFFE"}},
		NotBefore:             time.Now().Add(-time.Minute),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		URIs:                  []*url.URL{td.ID().URL()},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(raw)
}

func address(addr net.Addr) string {
	tcp := addr.(*net.TCPAddr)
	return fmt.Sprintf("host=%s port=%d", tcp.IP, tcp.Port)
}
