// A provider that runs a request as soon as it can read its body, as many Go servers do:
// json.Decoder stops at the closing brace, and does not wait for the body's end. POST runs a
// request; GET returns how many have run. The first line of the output is the port.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
)

func main() {
	var runs atomic.Int64
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			fmt.Fprint(w, runs.Load())
			return
		}
		var request map[string]any
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		runs.Add(1)
		w.Header().Set("content-type", "application/json")
		json.NewEncoder(w).Encode(request)
	})
	panic(http.Serve(listener, handler))
}
