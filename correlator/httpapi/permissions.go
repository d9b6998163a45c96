package httpapi

import (
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
)

// permissions says what each procedure needs. One that is missing here is refused to everybody.
var permissions = map[string]authn.Permission{
	apiv1connect.AnnotationServiceListAnnotationsProcedure:     authn.Read,
	apiv1connect.ChangeServiceListChangesProcedure:             authn.Read,
	apiv1connect.ChangeServiceGetChangeProcedure:               authn.Read,
	apiv1connect.ChangeServiceCreateChangeProcedure:            authn.Operate,
	apiv1connect.ChangeServiceUpdateChangeProcedure:            authn.Operate,
	apiv1connect.ChangeServiceStartChangeProcedure:             authn.Operate,
	apiv1connect.ChangeServiceCompleteChangeProcedure:          authn.Operate,
	apiv1connect.ChangeServiceCancelChangeProcedure:            authn.Operate,
	apiv1connect.ConfigChangeServiceListConfigChangesProcedure: authn.Read,
	apiv1connect.IncidentServiceListIncidentsProcedure:         authn.Read,
	apiv1connect.IncidentServiceGetIncidentProcedure:           authn.Read,
	apiv1connect.IncidentServiceAcknowledgeIncidentProcedure:   authn.Operate,
	apiv1connect.IncidentServiceUnacknowledgeIncidentProcedure: authn.Operate,
	apiv1connect.IncidentServiceMergeIncidentsProcedure:        authn.Operate,
	apiv1connect.IncidentServiceSplitIncidentProcedure:         authn.Operate,
	apiv1connect.IncidentServiceGiveFeedbackProcedure:          authn.Operate,
	apiv1connect.IncidentServiceListJudgementsProcedure:        authn.Read,
	apiv1connect.InventoryServiceListDevicesProcedure:          authn.Read,
	apiv1connect.InventoryServiceGetInventoryProcedure:         authn.Read,
	apiv1connect.InventoryServiceReplaceInventoryProcedure:     authn.Administer,
	apiv1connect.ObservationServiceObserveProcedure:            authn.Observe,
	apiv1connect.SettingsServiceGetSettingsProcedure:           authn.Read,
	apiv1connect.SettingsServiceUpdateSettingsProcedure:        authn.Administer,
	apiv1connect.SettingsServiceListWeightsProcedure:           authn.Read,
	apiv1connect.SettingsServiceProposeWeightsProcedure:        authn.Read,
	apiv1connect.WindowServiceListWindowsProcedure:             authn.Read,
	apiv1connect.WindowServiceGetWindowProcedure:               authn.Read,
	apiv1connect.WindowServiceCreateWindowProcedure:            authn.Operate,
	apiv1connect.WindowServiceUpdateWindowProcedure:            authn.Operate,
	apiv1connect.WindowServiceCancelWindowProcedure:            authn.Operate,
	apiv1connect.StatusServiceGetStatusProcedure:               authn.Identify,

	apiv1connect.TopologyServiceListTopologyProposalsProcedure:    authn.Read,
	apiv1connect.TopologyServiceAcceptTopologyProposalsProcedure:  authn.Administer,
	apiv1connect.TopologyServiceDismissTopologyProposalsProcedure: authn.Operate,
}

// large names the procedures that take more than an ordinary call.
var large = map[string]bool{
	apiv1connect.InventoryServiceReplaceInventoryProcedure: true,
	apiv1connect.ObservationServiceObserveProcedure:        true,

	apiv1connect.TopologyServiceAcceptTopologyProposalsProcedure: true,
}
