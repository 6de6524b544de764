using System.Text.Json;
using GitOps.Agent.Host.Devices.Upstream;
using GitOps.Agent.Loop;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Host.Control;

/// <summary>What <c>status</c> and <c>plan</c> print as JSON: the report the control plane gets, and what only the node knows.</summary>
internal static class StatusDocument
{
    public static byte[] Status(AgentView view, UpstreamValues values) => JsonDocuments.Write(json =>
    {
        json.WriteNumber("format", 1);
        if (view.Report is { } report)
        {
            json.WritePropertyName("report");
            json.WriteRawValue(ReportJson.Write(report));
        }

        WriteProblem(json, "pull", view.PullProblem);
        WriteProblem(json, "stage", view.StageProblem);
        if (values.WaitingBytes() is > 0 and var waiting)
        {
            json.WriteStartObject("values");
            json.WriteNumber("waitingBytes", waiting);
            json.WriteString("because", values.WaitsFor);
            json.WriteEndObject();
        }

        json.WriteStartArray("people");
        foreach (var hold in view.State.Holds)
        {
            json.WriteStartObject();
            json.WriteString("unit", hold.Unit?.ToString() ?? "");
            json.WriteString("by", hold.By);
            json.WriteString("reason", hold.Reason);
            json.WriteString("until", hold.Until.UtcDateTime);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static byte[] Plan(AgentView view) => JsonDocuments.Write(json =>
    {
        json.WriteNumber("format", 1);
        json.WriteString("text", view.Plan.ToText());
        json.WriteStartArray("branches");
        foreach (var branch in view.Plan.Branches)
        {
            WriteBranch(json, branch, []);
        }

        foreach (var (branch, after) in view.Plan.Later)
        {
            WriteBranch(json, branch, [.. after.Select(e => e.Before.ToString()).Distinct()]);
        }

        json.WriteEndArray();
        json.WriteStartArray("holds");
        foreach (var hold in view.Plan.Holds)
        {
            json.WriteStartObject();
            json.WriteString("unit", hold.Unit.ToString());
            json.WriteString("what", hold.Hold.What);
            json.WriteString("until", hold.Hold.Until);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void WriteBranch(Utf8JsonWriter json, Branch branch, IReadOnlyList<string> after)
    {
        json.WriteStartObject();
        json.WriteString("unit", branch.Key.Id.ToString());
        json.WriteBoolean("removal", branch.Key.Kind == BranchKind.Remove);
        json.WriteStartArray("after");
        foreach (var before in after)
        {
            json.WriteStringValue(before);
        }

        json.WriteEndArray();
        json.WriteStartArray("steps");
        foreach (var step in branch.Steps)
        {
            json.WriteStartObject();
            json.WriteString("does", step.Step.Describe());
            json.WriteString("because", step.Step.Because);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteProblem(Utf8JsonWriter json, string name, Problem? problem)
    {
        if (problem is not null)
        {
            json.WriteStartObject(name);
            json.WriteString("code", problem.Code);
            json.WriteString("what", problem.What);
            json.WriteString("fix", problem.Fix);
            json.WriteEndObject();
        }
    }
}
