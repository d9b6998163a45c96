package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// maxWish bounds the text of a request.
const maxWish = 64 << 10

// controlOf answers, over HTTP, what is wrong with a router and what it has
// had to do, and makes it misbehave:
//
//	GET    /misbehaviour    what is wrong, in the form that PUT takes
//	PUT    /misbehaviour    latency=200ms; loss=0.05; /ip/route delay=5s
//	DELETE /misbehaviour    the router is well again
//	GET    /traffic         connections, logins, commands and bytes, as JSON
func controlOf(router *routersim.Router) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /misbehaviour", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, router.Misbehaviour())
	})
	mux.HandleFunc("PUT /misbehaviour", func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxWish))
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		m, err := routersim.ParseMisbehaviour(string(text))
		if err == nil {
			err = router.Misbehave(m)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintln(w, m)
	})
	mux.HandleFunc("DELETE /misbehaviour", func(w http.ResponseWriter, _ *http.Request) {
		if err := router.Misbehave(routersim.Misbehaviour{}); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /traffic", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(router.Traffic()) // the caller is gone when this fails
	})
	return mux
}

// control serves on an address of this machine alone, since anybody who can
// reach it rules the router. It returns the address and what ends it.
func control(ctx context.Context, addr string, router *routersim.Router) (net.Addr, func(), error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, fmt.Errorf("--control: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() {
		return nil, nil, fmt.Errorf("--control: %s is not of this machine alone: give an address such as 127.0.0.1:0", addr)
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, fmt.Errorf("--control: %w", err)
	}
	server := &http.Server{Handler: controlOf(router), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ln) }()
	return ln.Addr(), func() {
		_ = server.Close() // only closes connections
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			fmt.Println("control:", err)
		}
	}, nil
}
