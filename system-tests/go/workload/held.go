package main

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

// streamsPerClient is as a program with several parts would have them: not one connection for each.
const streamsPerClient = 25

const audience = "soak"

// heldStream is one X.509 stream; all fields are guarded by the mutex.
type heldStream struct {
	sync.Mutex
	latest    *workloadapi.X509Context
	lasting   string
	ended     string
	rotations int
	issuers   map[string]bool
}

func (s *heldStream) OnX509ContextUpdate(update *workloadapi.X509Context) {
	s.Lock()
	defer s.Unlock()
	if s.latest != nil && !s.latest.DefaultSVID().Certificates[0].Equal(update.DefaultSVID().Certificates[0]) {
		s.rotations++
	}
	s.latest = update
	s.lasting = s.lastingProblem(update)
}

func (s *heldStream) OnX509ContextWatchError(err error) {
	s.Lock()
	defer s.Unlock()
	s.ended = "stream ended: " + err.Error()
}

// lastingProblem is what no passing of time changes: looked for once for each update.
func (s *heldStream) lastingProblem(update *workloadapi.X509Context) string {
	svid := update.DefaultSVID()
	leaf := svid.Certificates[0]
	bundle, ok := update.Bundles.Get(svid.ID.TrustDomain())
	if !ok {
		return "no bundle of the own trust domain"
	}
	issuer := ""
	for _, authority := range bundle.X509Authorities() {
		if leaf.CheckSignatureFrom(authority) == nil {
			issuer = string(authority.Raw)
		}
	}
	if issuer == "" {
		return "no authority of the bundle signed the SVID"
	}
	s.issuers[issuer] = true
	public, ok := svid.PrivateKey.Public().(*ecdsa.PublicKey)
	if !ok || !public.Equal(leaf.PublicKey) {
		return "the key is not the certificate's"
	}
	return ""
}

// problem is what is wrong with the newest SVID and bundle now, if anything is.
func (s *heldStream) problem(now time.Time) string {
	if s.ended != "" || s.latest == nil {
		return s.ended
	}
	leaf := s.latest.DefaultSVID().Certificates[0]
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return fmt.Sprintf("SVID valid from %s to %s at %s", leaf.NotBefore, leaf.NotAfter, now)
	}
	return s.lasting
}

// heldStreams asks each second whether what each of its streams brought last can be used, and
// whether a JWT-SVID fetched now can. Its figures are those of the Java workload beside it.
type heldStreams struct {
	sync.Mutex
	streams                     []*heldStream
	rounds, problems            int
	firstRound, lastRound       time.Time
	longestGap                  time.Duration
	tokenProblems, tokensMissed int
	tokens                      map[string]bool
	lastToken                   time.Time
	firstProblem                string
}

func (w *workload) hold(count int) error {
	held := &heldStreams{tokens: map[string]bool{}}
	var client *workloadapi.Client
	for i := range count {
		if i%streamsPerClient == 0 {
			var err error
			if client, err = workloadapi.New(context.Background(), workloadapi.WithAddr(w.address)); err != nil {
				return err
			}
		}
		stream := &heldStream{issuers: map[string]bool{}}
		held.streams = append(held.streams, stream)
		go client.WatchX509Context(context.Background(), stream)
	}
	w.held = held
	go everySecond(held.checkStreams)
	go everySecond(func() { held.checkToken(w) })
	return nil
}

// everySecond drops what is late, so that no second counts twice.
func everySecond(check func()) {
	for range time.Tick(time.Second) {
		check()
	}
}

func (h *heldStreams) checkStreams() {
	h.Lock()
	defer h.Unlock()
	now := time.Now()
	served := true
	for _, stream := range h.streams {
		stream.Lock()
		problem := stream.problem(now)
		served = served && stream.latest != nil
		stream.Unlock()
		if problem != "" {
			h.problems++
			h.note(problem)
		}
	}
	if served {
		h.countRound(now)
	}
}

func (h *heldStreams) countRound(now time.Time) {
	if h.rounds == 0 {
		h.firstRound = now
	} else {
		h.longestGap = max(h.longestGap, now.Sub(h.lastRound))
	}
	h.lastRound = now
	h.rounds++
}

// A token that cannot be had for a moment, while the broker starts, is no problem; one that cannot
// be believed is.
func (h *heldStreams) checkToken(w *workload) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	token, err := w.rawToken(ctx, audience)
	if err != nil {
		h.Lock()
		defer h.Unlock()
		h.tokensMissed++
		return
	}
	err = w.validateHere(ctx, audience, token)
	h.Lock()
	defer h.Unlock()
	h.tokens[token] = true
	if err != nil {
		h.tokenProblems++
		h.note("token not believed: " + err.Error())
		return
	}
	h.lastToken = time.Now()
}

func (h *heldStreams) note(problem string) {
	if h.firstProblem == "" {
		h.firstProblem = problem
	}
}

// figures is what was seen so far; the least of what streams had. A round is one look at all
// streams, once each was served; seconds are those since the first round.
func (h *heldStreams) figures() string {
	h.Lock()
	defer h.Unlock()
	served, rotations, issuers := 0, 1<<30, 1<<30
	for _, stream := range h.streams {
		stream.Lock()
		if stream.latest != nil {
			served++
		}
		rotations = min(rotations, stream.rotations)
		issuers = min(issuers, len(stream.issuers))
		stream.Unlock()
	}
	var seconds, gap time.Duration
	if h.rounds > 0 {
		seconds = time.Since(h.firstRound)
		gap = max(h.longestGap, time.Since(h.lastRound))
	}
	line := fmt.Sprintf("streams=%d served=%d rotations=%d issuers=%d rounds=%d seconds=%d"+
		" longest-gap-millis=%d problems=%d tokens=%d token-problems=%d tokens-missed=%d token-age=%d",
		len(h.streams), served, rotations, issuers, h.rounds, int(seconds.Seconds()),
		gap.Milliseconds(), h.problems, len(h.tokens), h.tokenProblems, h.tokensMissed, int(time.Since(h.lastToken).Seconds()))
	if h.firstProblem != "" {
		line += " first-problem=" + strings.ReplaceAll(h.firstProblem, " ", "_")
	}
	return line
}
