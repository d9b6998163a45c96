package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// confidences are the grades of proposals, the surest first.
var confidences = []string{string(topology.High), string(topology.Medium), string(topology.Low)}

func newTopology(admin *kingpin.CmdClause) []command {
	parent := admin.Command("topology", "What the inventory could say in addition, going by what the routers see.")
	return []command{newProposals(parent), newAccept(parent), newDismiss(parent)}
}

// topologyCall is a call to the service about proposals.
type topologyCall struct{ remote }

// call calls f with a client.
func (c *topologyCall) call(ctx context.Context, f func(context.Context, apiv1connect.TopologyServiceClient) error) error {
	ctx, client, hangUp, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer hangUp()
	if err := f(ctx, apiv1connect.NewTopologyServiceClient(client)); err != nil {
		return fmt.Errorf("%s: %w", c.url, err)
	}
	return nil
}

// list is every proposal that is at least as sure as the grade, and the revision of the inventory.
func list(ctx context.Context, client apiv1connect.TopologyServiceClient, atLeast string) (found []*apiv1.TopologyProposal, revision int64, err error) {
	req := &apiv1.ListTopologyProposalsRequest{PageSize: 1000}
	for {
		page, err := client.ListTopologyProposals(ctx, req)
		if err != nil {
			return nil, 0, err
		}
		for _, p := range page.GetProposals() {
			if slices.Index(confidences, p.GetConfidence()) <= slices.Index(confidences, atLeast) {
				found = append(found, p)
			}
		}
		if page.GetNextPageToken() == "" {
			return found, page.GetInventoryRevision(), nil
		}
		req.PageToken = page.GetNextPageToken()
	}
}

// proposalsList shows what is proposed, with the evidence.
type proposalsList struct {
	topologyCall
	atLeast string
}

func newProposals(parent *kingpin.CmdClause) command {
	l := &proposalsList{}
	clause := parent.Command("proposals", "Show what is proposed, and why.")
	clause.Flag("at-least", "Only those that are as sure as this: "+strings.Join(confidences, ", ")+".").Default(string(topology.Low)).EnumVar(&l.atLeast, confidences...)
	l.flags(clause, "viewer, operator or admin")
	return command{clause, l.run}
}

func (l *proposalsList) run(ctx context.Context, env environment) error {
	return l.call(ctx, func(ctx context.Context, client apiv1connect.TopologyServiceClient) error {
		found, revision, err := list(ctx, client, l.atLeast)
		if err != nil {
			return err
		}
		for _, p := range found {
			fmt.Fprintf(env.stdout, "%-6s  %s\n", p.GetConfidence(), p.GetId())
			for _, e := range p.GetEvidence() {
				fmt.Fprintf(env.stdout, "        %s\n", e.GetText())
			}
		}
		fmt.Fprintf(env.stdout, "%d proposals for revision %d of the inventory\n", len(found), revision)
		return nil
	})
}

// proposalsAccept adds proposals to the inventory.
type proposalsAccept struct {
	topologyCall
	ids      []string
	atLeast  string
	revision int64
}

func newAccept(parent *kingpin.CmdClause) command {
	a := &proposalsAccept{}
	clause := parent.Command("accept", "Add what proposals say to the inventory, all of them or none.")
	clause.Arg("ID", "Proposals, as `proposals` shows them.").StringsVar(&a.ids)
	clause.Flag("all-at-least", "All that are as sure as this: "+strings.Join(confidences, ", ")+".").EnumVar(&a.atLeast, confidences...)
	clause.Flag("revision", "Refuse unless the inventory is still at this revision (default: as it is now).").Default("-1").Int64Var(&a.revision)
	a.flags(clause, "admin")
	clause.Validate(func(*kingpin.CmdClause) error {
		if (len(a.ids) == 0) == (a.atLeast == "") {
			return errors.New("name proposals by their ids, or all that are as sure as --all-at-least says")
		}
		return nil
	})
	return command{clause, a.run}
}

func (a *proposalsAccept) run(ctx context.Context, env environment) error {
	return a.call(ctx, func(ctx context.Context, client apiv1connect.TopologyServiceClient) error {
		found, revision, err := list(ctx, client, string(topology.Low))
		if err != nil {
			return err
		}
		ids := a.ids
		if a.atLeast != "" {
			if ids = sure(found, a.atLeast); len(ids) == 0 {
				fmt.Fprintln(env.stdout, "there is nothing to accept")
				return nil
			}
		}
		if a.revision >= 0 {
			revision = a.revision
		}
		answer, err := client.AcceptTopologyProposals(ctx, &apiv1.AcceptTopologyProposalsRequest{Ids: ids, InventoryRevision: revision})
		if err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "revision %d: %d proposals accepted\n", answer.GetInventoryRevision(), len(ids))
		for _, w := range answer.GetWarnings() {
			fmt.Fprintf(env.stderr, "warning: %s\n", w)
		}
		fmt.Fprintln(env.stderr, "Where the configuration names an inventory_file, write it there as well (`admin inventory show` prints it): the file is applied again at the next start.")
		return nil
	})
}

// sure are the ids of the proposals that are as sure as the grade, but for those that speak of a new device
// which is not.
func sure(found []*apiv1.TopologyProposal, atLeast string) []string {
	enough := func(p *apiv1.TopologyProposal) bool {
		return slices.Index(confidences, p.GetConfidence()) <= slices.Index(confidences, atLeast)
	}
	doubtful := map[string]bool{}
	for _, p := range found {
		if p.GetKind() == string(topology.ProposeDevice) && !enough(p) {
			doubtful[p.GetDevice().GetName()] = true
		}
	}
	var ids []string
	for _, p := range found {
		names := []string{p.GetDevice().GetName(), p.GetLink().GetA().GetDevice(), p.GetLink().GetB().GetDevice()}
		for _, d := range p.GetDevice().GetDependsOn() {
			names = append(names, slices.Concat(d.GetAny(), d.GetAll(), d.GetOf())...)
		}
		if enough(p) && !slices.ContainsFunc(names, func(n string) bool { return doubtful[n] }) {
			ids = append(ids, p.GetId())
		}
	}
	return ids
}

// proposalsDismiss keeps proposals from being shown again.
type proposalsDismiss struct {
	topologyCall
	ids    []string
	reason string
}

func newDismiss(parent *kingpin.CmdClause) command {
	d := &proposalsDismiss{}
	clause := parent.Command("dismiss", "Do not show proposals again. Accepting one by its id undoes it.")
	clause.Arg("ID", "Proposals, as `proposals` shows them.").Required().StringsVar(&d.ids)
	clause.Flag("reason", "Why, for those who come later.").StringVar(&d.reason)
	d.flags(clause, "operator or admin")
	return command{clause, d.run}
}

func (d *proposalsDismiss) run(ctx context.Context, env environment) error {
	return d.call(ctx, func(ctx context.Context, client apiv1connect.TopologyServiceClient) error {
		_, err := client.DismissTopologyProposals(ctx, &apiv1.DismissTopologyProposalsRequest{Ids: d.ids, Reason: d.reason})
		if err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "%d proposals dismissed\n", len(d.ids))
		return nil
	})
}
