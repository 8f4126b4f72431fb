// Command workload is a program that knows the Workload API through go-spiffe only. It obeys
// standard input with the words of the Java workload beside it: one command a line, answered by
// "ok key=value …" or "error …"; what a stream brings is a line "event …".
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

// patience is longer than any test waits for a first SVID.
const patience = 20 * time.Second

var out sync.Mutex

func say(line string) {
	out.Lock()
	defer out.Unlock()
	fmt.Println(strings.ReplaceAll(line, "\n", " "))
}

func main() {
	client, err := workloadapi.New(context.Background(), workloadapi.WithAddr(os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	w := &workload{address: os.Args[1], client: client, options: workloadapi.WithClient(client)}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if answer, err := w.obey(strings.Fields(lines.Text())); err != nil {
			say("error " + err.Error())
		} else {
			say("ok " + answer)
		}
	}
}

func (w *workload) obey(words []string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	command, arguments := words[0], words[1:]
	switch {
	case command == "context":
		return w.fetchOnce(ctx)
	case command == "x509":
		return w.current(ctx)
	case command == "watch":
		return "", w.watch()
	case command == "bundles":
		return w.bundles(ctx)
	case command == "jwt" && len(arguments) == 1:
		return w.token(ctx, arguments[0])
	case command == "validate" && len(arguments) == 2:
		return w.validate(ctx, arguments[0], arguments[1])
	case command == "serve" && len(arguments) == 1:
		return w.serve(ctx, arguments[0])
	case command == "call" && len(arguments) == 3:
		return w.call(ctx, arguments[0]+":"+arguments[1], arguments[2])
	case command == "hold" && len(arguments) == 1:
		count, err := strconv.Atoi(arguments[0])
		if err != nil {
			return "", err
		}
		return "", w.hold(count)
	case command == "held" && w.held != nil:
		return w.held.figures(), nil
	case command == "fetch-bundle" && len(arguments) == 3:
		return w.fetchBundle(ctx, arguments[0], arguments[1], arguments[2])
	case command == "serve-bundle" && len(arguments) == 1:
		return w.serveBundle(ctx, arguments[0])
	}
	return "", errors.New("no such command: " + command)
}
