-- Runs that are over and old are removed by the system role, as inputs are.

-- +goose Up
CREATE POLICY system ON runs TO ispvm_system USING (true);
GRANT SELECT, DELETE ON runs TO ispvm_system;

-- +goose Down
REVOKE SELECT, DELETE ON runs FROM ispvm_system;
DROP POLICY system ON runs;
