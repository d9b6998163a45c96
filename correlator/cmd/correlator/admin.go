package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"google.golang.org/protobuf/encoding/protojson"
	"gopkg.in/yaml.v3"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
)

// adminTimeout bounds one call to the service.
const adminTimeout = time.Minute

func newAdmin(app *kingpin.Application) []command {
	admin := app.Command("admin", "Administer tokens, the inventory and the weights.")
	inventory := admin.Command("inventory", "The inventory.")
	commands := []command{newTokenCreate(admin.Command("token", "Bearer tokens.")), newInventoryApply(inventory), newInventoryShow(inventory)}
	return append(append(commands, newTopology(admin)...), newWeights(admin)...)
}

// tokenCreate makes a token: its text for the caller, its hash for the configuration.
type tokenCreate struct {
	token config.Token
	file  string
}

func newTokenCreate(parent *kingpin.CmdClause) command {
	t := &tokenCreate{}
	clause := parent.Command("create", "Make a token, and print the entry for auth.tokens that accepts it.")
	clause.Flag("name", "Whose token it is.").Required().StringVar(&t.token.Name)
	clause.Flag("role", "What it may do: "+strings.Join(authn.RoleNames(), ", ")+".").Required().EnumVar(&t.token.Role, authn.RoleNames()...)
	clause.Flag("tenant", "The tenant that it opens; may be left out where there is only one.").StringVar(&t.token.Tenant)
	clause.Flag("plugin", "Let its bearer name the person for whom it acts (the Grafana plugin).").BoolVar(&t.token.Plugin)
	clause.Flag("out", "Write the token to this new file, readable by you alone, and not to the terminal.").StringVar(&t.file)
	return command{clause, t.run}
}

func (t *tokenCreate) run(_ context.Context, env environment) error {
	text := authn.NewTokenText()
	if t.file != "" {
		if err := writeNew(t.file, text); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(env.stderr, "The token, shown this once: %s\n", text)
	}
	hash := authn.HashToken(text)
	entry := t.token
	entry.SHA256 = hex.EncodeToString(hash[:])
	out, err := yaml.Marshal([]config.Token{entry})
	if err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, "    # for auth.tokens in the configuration; then reload it")
	for line := range strings.Lines(string(out)) {
		fmt.Fprint(env.stdout, "    ", line)
	}
	return nil
}

// writeNew writes a secret into a file that did not exist: a token in use is not overwritten by mistake.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists: choose another file, or remove it when nobody uses that token", path)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, text)
	return errors.Join(err, f.Close())
}

// inventoryApply replaces a tenant's inventory by a file's, through the API.
type inventoryApply struct {
	remote
	file string
}

func newInventoryApply(parent *kingpin.CmdClause) command {
	a := &inventoryApply{}
	clause := parent.Command("apply", "Replace the inventory of the token's tenant by the one in FILE.")
	clause.Arg("FILE", "YAML with sites, devices, services and links.").Required().StringVar(&a.file)
	a.flags(clause, "admin")
	return command{clause, a.run}
}

func (a *inventoryApply) run(ctx context.Context, env environment) error {
	parsed, err := config.LoadInventory(a.file)
	if err != nil {
		return err
	}
	// The domain type and the message have the same JSON form: the one of recorded timelines.
	raw, err := json.Marshal(parsed)
	if err != nil {
		return err
	}
	inventory := &apiv1.Inventory{}
	if err := protojson.Unmarshal(raw, inventory); err != nil {
		return fmt.Errorf("%s: %w", a.file, err)
	}
	ctx, client, hangUp, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer hangUp()
	answer, err := apiv1connect.NewInventoryServiceClient(client).ReplaceInventory(ctx, &apiv1.ReplaceInventoryRequest{Inventory: inventory})
	if err != nil {
		return fmt.Errorf("replace the inventory at %s: %w", a.url, err)
	}
	for _, warning := range answer.GetWarnings() {
		fmt.Fprintf(env.stderr, "correlator: accepted, and yet: %s\n", warning)
	}
	fmt.Fprintf(env.stdout, "revision %d: %d devices, %d links\n", answer.GetRevision(), len(parsed.Devices), len(parsed.Links))
	return nil
}
