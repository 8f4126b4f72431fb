package main

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

// workload opens its sources at the first question and keeps them, as a real program does.
type workload struct {
	address string
	options workloadapi.SourceOption
	client  *workloadapi.Client
	x509    *workloadapi.X509Source
	jwt     *workloadapi.JWTSource
	held    *heldStreams
}

func (w *workload) x509Source(ctx context.Context) (*workloadapi.X509Source, error) {
	if w.x509 != nil {
		return w.x509, nil
	}
	source, err := workloadapi.NewX509Source(ctx, w.options)
	w.x509 = source
	return source, err
}

func (w *workload) jwtSource(ctx context.Context) (*workloadapi.JWTSource, error) {
	if w.jwt != nil {
		return w.jwt, nil
	}
	source, err := workloadapi.NewJWTSource(ctx, w.options)
	w.jwt = source
	return source, err
}

func (w *workload) current(ctx context.Context) (string, error) {
	source, err := w.x509Source(ctx)
	if err != nil {
		return "", err
	}
	svid, err := source.GetX509SVID()
	if err != nil {
		return "", err
	}
	return text(svid), nil
}

func (w *workload) token(ctx context.Context, audience string) (string, error) {
	source, err := w.jwtSource(ctx)
	if err != nil {
		return "", err
	}
	svid, err := source.FetchJWTSVID(ctx, jwtsvid.Params{Audience: audience})
	if err != nil {
		return "", err
	}
	return "id=" + svid.ID.String() + " token=" + svid.Marshal() + " hint=" + svid.Hint, nil
}

func (w *workload) rawToken(ctx context.Context, audience string) (string, error) {
	source, err := w.jwtSource(ctx)
	if err != nil {
		return "", err
	}
	svid, err := source.FetchJWTSVID(ctx, jwtsvid.Params{Audience: audience})
	if err != nil {
		return "", err
	}
	return svid.Marshal(), nil
}

func (w *workload) validateHere(ctx context.Context, audience, token string) error {
	source, err := w.jwtSource(ctx)
	if err != nil {
		return err
	}
	_, err = jwtsvid.ParseAndValidate(token, source, []string{audience})
	return err
}

func (w *workload) validate(ctx context.Context, audience, token string) (string, error) {
	source, err := w.jwtSource(ctx)
	if err != nil {
		return "", err
	}
	here, err := jwtsvid.ParseAndValidate(token, source, []string{audience})
	if err != nil {
		return "", err
	}
	there, err := w.client.ValidateJWTSVID(ctx, token, audience)
	if err != nil {
		return "", err
	}
	return "id=" + here.ID.String() + " agent=" + there.ID.String(), nil
}

func (w *workload) bundles(ctx context.Context) (string, error) {
	x509Source, err := w.x509Source(ctx)
	if err != nil {
		return "", err
	}
	svid, err := x509Source.GetX509SVID()
	if err != nil {
		return "", err
	}
	domain := svid.ID.TrustDomain()
	roots, err := x509Source.GetX509BundleForTrustDomain(domain)
	if err != nil {
		return "", err
	}
	jwtSource, err := w.jwtSource(ctx)
	if err != nil {
		return "", err
	}
	keys, err := jwtSource.GetJWTBundleForTrustDomain(domain)
	if err != nil {
		return "", err
	}
	ids := []string{}
	for id := range keys.JWTAuthorities() {
		ids = append(ids, id)
	}
	return "x509=" + digests(roots.X509Authorities()) + " jwt=" + strings.Join(ids, ","), nil
}

func (w *workload) fetchOnce(ctx context.Context) (string, error) {
	update, err := w.client.FetchX509Context(ctx)
	if err != nil {
		return "", err
	}
	return contextText(update), nil
}

func (w *workload) watch() error {
	go func() {
		if err := w.client.WatchX509Context(context.Background(), printing{}); err != nil {
			say("event end=" + strings.ReplaceAll(err.Error(), " ", "_"))
		}
	}()
	return nil
}

type printing struct{}

func (printing) OnX509ContextUpdate(update *workloadapi.X509Context) {
	say("event " + contextText(update))
}

func (printing) OnX509ContextWatchError(err error) {
	say("event error=" + strings.ReplaceAll(err.Error(), " ", "_"))
}

func contextText(update *workloadapi.X509Context) string {
	ids := []string{}
	for _, svid := range update.SVIDs {
		ids = append(ids, svid.ID.String())
	}
	line := text(update.DefaultSVID()) + " ids=" + strings.Join(ids, ",")
	bundle, ok := update.Bundles.Get(update.DefaultSVID().ID.TrustDomain())
	if !ok {
		return line
	}
	return line + " x509=" + digests(bundle.X509Authorities())
}

func text(svid *x509svid.SVID) string {
	leaf := svid.Certificates[0]
	return fmt.Sprintf("id=%s serial=%x not-after=%s chain=%d",
		svid.ID, leaf.SerialNumber, leaf.NotAfter.Format(time.RFC3339), len(svid.Certificates))
}

func digests(authorities []*x509.Certificate) string {
	all := []string{}
	for _, authority := range authorities {
		sum := sha256.Sum256(authority.Raw)
		all = append(all, hex.EncodeToString(sum[:]))
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}
