// How Go's readers of JSON take a body: encoding/json, and encoding/json/v2 with and without
// MatchCaseInsensitiveNames. A line of the input is a body in hexadecimal; a line of the output has
// the names of the fields that some reader has set, with a space after each.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	jsonv2 "encoding/json/v2"
	"fmt"
	"os"
)

type request struct {
	Model     int `json:"model"`
	Stream    int `json:"stream"`
	Stop      int `json:"stop"`
	TopK      int `json:"top_k"`
	MaxTokens int `json:"max_tokens"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		body, err := hex.DecodeString(lines.Text())
		if err != nil {
			panic(err)
		}
		var v1, v2, loose request
		json.Unmarshal(body, &v1)
		jsonv2.Unmarshal(body, &v2)
		jsonv2.Unmarshal(body, &loose, jsonv2.MatchCaseInsensitiveNames(true))
		set := map[string]bool{}
		for _, each := range []request{v1, v2, loose} {
			set["model"] = set["model"] || each.Model != 0
			set["stream"] = set["stream"] || each.Stream != 0
			set["stop"] = set["stop"] || each.Stop != 0
			set["top_k"] = set["top_k"] || each.TopK != 0
			set["max_tokens"] = set["max_tokens"] || each.MaxTokens != 0
		}
		for name, isSet := range set {
			if isSet {
				fmt.Print(name, " ")
			}
		}
		fmt.Println()
	}
}
