package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/alecthomas/kingpin/v2"
	"google.golang.org/protobuf/encoding/protojson"
	"gopkg.in/yaml.v3"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
)

// inventoryShow prints a tenant's inventory in the form in which apply takes it.
type inventoryShow struct{ remote }

func newInventoryShow(parent *kingpin.CmdClause) command {
	s := &inventoryShow{}
	clause := parent.Command("show", "Print the inventory of the token's tenant, as `apply` and inventory_file take it.")
	s.flags(clause, "viewer, operator or admin")
	return command{clause, s.run}
}

func (s *inventoryShow) run(ctx context.Context, env environment) error {
	ctx, client, hangUp, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer hangUp()
	answer, err := apiv1connect.NewInventoryServiceClient(client).GetInventory(ctx, &apiv1.GetInventoryRequest{})
	if err != nil {
		return fmt.Errorf("%s: %w", s.url, err)
	}
	raw, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(answer.GetInventory())
	if err != nil {
		return err
	}
	var document map[string]any
	if err := json.Unmarshal(raw, &document); err != nil {
		return err
	}
	text, err := yaml.Marshal(document)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "# revision %d\n%s", answer.GetRevision(), text)
	return nil
}
