// Command oracle answers the tests' questions about Go source with Go's own packages.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: oracle outline|shape [nodes]")
		os.Exit(2)
	}
	switch os.Args[1] {
	case "outline":
		outline()
	case "shape":
		shape(os.Args[2:])
	default:
		fmt.Fprintln(os.Stderr, "oracle: unknown question", os.Args[1])
		os.Exit(2)
	}
}
