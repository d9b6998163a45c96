package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

func newWeights(admin *kingpin.CmdClause) []command {
	parent := admin.Command("weights", "The weights of the judgement: what speaks for others, which there were, and applying some.")
	return []command{newWeightsPropose(parent), newWeightsShow(parent), newWeightsApply(parent)}
}

// settingsCall is a call to the service about settings.
type settingsCall struct{ remote }

// call calls f with a client.
func (c *settingsCall) call(ctx context.Context, f func(context.Context, apiv1connect.SettingsServiceClient) error) error {
	ctx, client, hangUp, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer hangUp()
	if err := f(ctx, apiv1connect.NewSettingsServiceClient(client)); err != nil {
		return fmt.Errorf("%s: %w", c.url, err)
	}
	return nil
}

// weightsPropose prints what people's feedback speaks for, as a document that replay and apply take.
type weightsPropose struct{ settingsCall }

func newWeightsPropose(parent *kingpin.CmdClause) command {
	p := &weightsPropose{}
	clause := parent.Command("propose", "Print the weights that people's feedback speaks for, with the evidence in comments. Nothing is changed.")
	p.flags(clause, "viewer, operator or admin")
	return command{clause, p.run}
}

func (p *weightsPropose) run(ctx context.Context, env environment) error {
	return p.call(ctx, func(ctx context.Context, service apiv1connect.SettingsServiceClient) error {
		answer, err := service.ProposeWeights(ctx, &apiv1.ProposeWeightsRequest{})
		if err != nil {
			return fmt.Errorf("propose weights: %w", err)
		}
		_, err = io.WriteString(env.stdout, proposalText(answer))
		return err
	})
}

// proposalText is a proposal as a weights document: what speaks for it is in comments.
func proposalText(p *apiv1.ProposeWeightsResponse) string {
	var text strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&text, "# "+format+"\n", args...) }
	say("From the verdicts on %d incidents (first candidate right %d, wrong %d), starting from weights %s.",
		p.GetRight()+p.GetWrong(), p.GetRight(), p.GetWrong(), p.GetWeightsVersion())
	for _, t := range p.GetTallies() {
		if t.GetNew() != t.GetOld() {
			say("")
			say("%s: %g → %g", t.GetWeight(), t.GetOld(), t.GetNew())
			say("  %s", t.GetReason())
			say("  right: %s", cmp.Or(strings.Join(t.GetRightIncidents(), ", "), "none"))
			say("  wrong: %s", cmp.Or(strings.Join(t.GetWrongIncidents(), ", "), "none"))
		}
	}
	say("")
	for _, t := range p.GetTallies() {
		if t.GetNew() == t.GetOld() {
			say("%s stays %g: %s", t.GetWeight(), t.GetOld(), t.GetReason())
		}
	}
	if p.GetDocument() == "" {
		say("Nothing is proposed.")
		return text.String()
	}
	say("")
	say("Judged anew on what is stored, with the inventory of now: first candidate right %d before, %d after.", p.GetRightBefore(), p.GetRightAfter())
	for _, o := range p.GetOutcomes() {
		say("%s: %s → %s (%s → %s), label %t → %t, confidence %.2f → %.2f", o.GetIncidentId(), o.GetCauseBefore(), o.GetCauseAfter(),
			rightOrWrong(o.GetRightBefore()), rightOrWrong(o.GetRightAfter()), o.GetLabelBefore(), o.GetLabelAfter(),
			o.GetConfidenceBefore(), o.GetConfidenceAfter())
	}
	say("What they would have made of everything else: correlator replay --weights=THIS.yaml --diff TIMELINE.jsonl")
	say("(the timeline from correlator export-timeline). If that convinces you: correlator admin weights apply.")
	text.WriteString(p.GetDocument())
	return text.String()
}

func rightOrWrong(right bool) string {
	if right {
		return "right"
	}
	return "wrong"
}

// weightsShow prints the tenant's weights, and which there were.
type weightsShow struct {
	settingsCall
	history bool
}

func newWeightsShow(parent *kingpin.CmdClause) command {
	s := &weightsShow{}
	clause := parent.Command("show", "Print the weights of the token's tenant.")
	clause.Flag("history", "Print which weights were applied, by whom and why, newest first.").BoolVar(&s.history)
	s.flags(clause, "viewer, operator or admin")
	return command{clause, s.run}
}

func (s *weightsShow) run(ctx context.Context, env environment) error {
	return s.call(ctx, func(ctx context.Context, service apiv1connect.SettingsServiceClient) error {
		if s.history {
			return showHistory(ctx, service, env.stdout)
		}
		answer, err := service.GetSettings(ctx, &apiv1.GetSettingsRequest{})
		if err != nil {
			return fmt.Errorf("get the settings: %w", err)
		}
		fmt.Fprintf(env.stdout, "# version %s\n", answer.GetSettings().GetWeightsVersion())
		if answer.GetSettings().GetWeights() == "" {
			fmt.Fprintln(env.stdout, "# the built-in weights")
		}
		_, err = io.WriteString(env.stdout, endLine(cmp.Or(answer.GetSettings().GetWeights(), string(incident.DefaultWeights()))))
		return err
	})
}

func showHistory(ctx context.Context, service apiv1connect.SettingsServiceClient, out io.Writer) error {
	req := &apiv1.ListWeightsRequest{}
	for {
		page, err := service.ListWeights(ctx, req)
		if err != nil {
			return fmt.Errorf("list the weights: %w", err)
		}
		for _, w := range page.GetWeights() {
			fmt.Fprintf(out, "# %s, version %s, by %s: %s\n%s", w.GetAt().AsTime().Format("2006-01-02 15:04:05Z"), w.GetVersion(), w.GetBy(), w.GetReason(),
				endLine(cmp.Or(w.GetDocument(), "# the built-in weights")))
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return nil
		}
	}
}

func endLine(text string) string { return strings.TrimRight(text, "\n") + "\n" }

// weightsApply makes a document the tenant's weights.
type weightsApply struct {
	settingsCall
	file, reason string
	builtin      bool
}

func newWeightsApply(parent *kingpin.CmdClause) command {
	a := &weightsApply{}
	clause := parent.Command("apply", "Make a document the weights of the token's tenant. Who, when and why is kept.")
	clause.Flag("file", "The document, as propose prints it.").StringVar(&a.file)
	clause.Flag("builtin", "Instead of a file: go back to the built-in weights.").BoolVar(&a.builtin)
	clause.Flag("reason", "Why; others have to understand it later.").Required().StringVar(&a.reason)
	a.flags(clause, "admin")
	clause.Validate(func(*kingpin.CmdClause) error {
		if (a.file == "") == !a.builtin {
			return fmt.Errorf("give either --file or --builtin")
		}
		return nil
	})
	return command{clause, a.run}
}

func (a *weightsApply) run(ctx context.Context, env environment) error {
	document := ""
	if !a.builtin {
		raw, err := os.ReadFile(a.file)
		if err != nil {
			return fmt.Errorf("file: %w", err)
		}
		if _, err := incident.LoadWeights(raw); err != nil {
			return fmt.Errorf("%s: %w", a.file, err)
		}
		document = string(raw)
	}
	return a.call(ctx, func(ctx context.Context, service apiv1connect.SettingsServiceClient) error {
		answer, err := service.UpdateSettings(ctx, &apiv1.UpdateSettingsRequest{Weights: &document, Reason: a.reason})
		if err != nil {
			return fmt.Errorf("apply the weights: %w", err)
		}
		fmt.Fprintf(env.stdout, "version %s\n", answer.GetSettings().GetWeightsVersion())
		return nil
	})
}
