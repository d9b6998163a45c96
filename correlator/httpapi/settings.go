package httpapi

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// settings serves a tenant's choices about correlation.
type settings struct {
	submitter Submitter
	reader    Reader
}

// GetSettings answers the settings with the defaults filled in.
func (s settings) GetSettings(ctx context.Context, _ *apiv1.GetSettingsRequest) (*apiv1.GetSettingsResponse, error) {
	answer, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	return &apiv1.GetSettingsResponse{Settings: answer}, nil
}

// UpdateSettings changes what the request names.
func (s settings) UpdateSettings(ctx context.Context, req *apiv1.UpdateSettingsRequest) (*apiv1.UpdateSettingsResponse, error) {
	in := engine.SettingsInput{
		Lookback: toDuration(req.GetLookback()), Cooldown: toDuration(req.GetCooldown()),
		JoinWindow: toDuration(req.GetJoinWindow()), NotifyDelay: toDuration(req.GetNotifyDelay()),
		By: actor(ctx), Reason: req.GetReason(),
	}
	if req.Weights != nil {
		in.Weights = []byte(req.GetWeights())
	}
	if _, err := s.submitter.Submit(ctx, tenant(ctx), in); err != nil {
		return nil, err
	}
	answer, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	return &apiv1.UpdateSettingsResponse{Settings: answer}, nil
}

// ListWeights answers a page of the weights that were applied.
func (s settings) ListWeights(ctx context.Context, req *apiv1.ListWeightsRequest) (*apiv1.ListWeightsResponse, error) {
	page, err := s.reader.AppliedWeights(ctx, tenant(ctx), engine.Page{Size: int(req.GetPageSize()), Token: req.GetPageToken()})
	if err != nil {
		return nil, err
	}
	return &apiv1.ListWeightsResponse{Weights: convert(page.Weights, func(w engine.AppliedWeights) *apiv1.AppliedWeights {
		return &apiv1.AppliedWeights{At: fromTime(w.At), By: w.By, Reason: w.Reason, Version: w.Version, Document: w.Document}
	}), NextPageToken: page.Next}, nil
}

func (s settings) read(ctx context.Context) (*apiv1.Settings, error) {
	v, err := s.reader.Settings(ctx, tenant(ctx))
	if err != nil {
		return nil, err
	}
	return &apiv1.Settings{
		Lookback: durationpb.New(v.Lookback), Cooldown: durationpb.New(v.Cooldown), JoinWindow: durationpb.New(v.JoinWindow),
		NotifyDelay: durationpb.New(v.NotifyDelay), Weights: v.Weights, WeightsVersion: v.WeightsVersion,
	}, nil
}

func toDuration(d *durationpb.Duration) *time.Duration {
	if d == nil {
		return nil
	}
	out := d.AsDuration().Truncate(time.Millisecond) // what a recorded timeline can say
	return &out
}
