package smoke

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Report prints a table of the runs, what failed with the evidence, and the closing line. It answers how
// many checks failed.
func Report(w io.Writer, outcomes []Outcome) (failed int) {
	passed := 0
	for _, o := range outcomes {
		failed += o.Failed()
		for _, check := range o.Checks {
			if check.Err == nil {
				passed++
			}
		}
		complain(w, o)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nSEED\tCHECKS\tINCIDENT\tLABEL\tRUN\tWHAT")
	for _, o := range outcomes {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\n",
			o.Seed, verdict(o), after(o.Incident), after(o.Label), o.Took.Round(time.Second), o.Scenario)
	}
	// Writing to a terminal that is gone is nobody's failure.
	_ = table.Flush()
	fmt.Fprintf(w, "\n%d passed, %d failed\n", passed, failed)
	return failed
}

func verdict(o Outcome) string {
	if o.Err != nil {
		return "not run"
	}
	return fmt.Sprintf("%d of %d", len(o.Checks)-o.Failed(), len(o.Checks))
}

func after(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return "+" + d.Round(100*time.Millisecond).String()
}

// complain shows what failed in one run.
func complain(w io.Writer, o Outcome) {
	if o.Failed() == 0 {
		return
	}
	fmt.Fprintf(w, "\nseed %d: %s\n", o.Seed, o.Scenario)
	if o.Err != nil {
		fmt.Fprintf(w, "  FAILED  the run: %v\n", o.Err)
	}
	for _, check := range o.Checks {
		if check.Err != nil {
			fmt.Fprintf(w, "  FAILED  %s: %v\n", check.Name, check.Err)
		} else {
			fmt.Fprintf(w, "  passed  %s\n", check.Name)
		}
	}
	fmt.Fprintf(w, "%s\n", o.Evidence)
}
