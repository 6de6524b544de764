using GitOps.ControlPlane.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GitOps.Cli.Output;

/// <summary>The fleet as a person wants to see it: what is published, what is on its way, who is where.</summary>
internal static class StatusView
{
    public static IRenderable Fleet(StatusDocument status)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(2)).AddColumn();
        Row("repository", $"{status.Repository}, {status.Reference}");
        Row("published", status.Published is { } revision ? $"{Short(revision)}, generation {status.Generation}" : "nothing yet");
        if (status.Latest is { } latest && (latest.Id != status.Published || latest.Outcome != "published"))
        {
            Row("latest", $"{Short(latest.Id)} {latest.Outcome}{(latest.Hold is { } why ? $": {why.What}; {why.Fix}" : "")}");
            foreach (var finding in latest.Findings.Where(f => f.Severity == "error"))
            {
                Row("", $"{finding.File}:{finding.Line}:{finding.Column}: {finding.Code}: {finding.What}");
                Row("", $"fix: {finding.Fix}");
            }
        }

        if (status.Problem is { } problem)
        {
            Row("problem", $"{problem.Code}: {problem.What}; {problem.Fix}");
        }

        if (status.Rollout is { } rollout && rollout.Phase != "open")
        {
            Row("rollout", rollout.Stop is { } stop
                ? $"stopped by {rollout.StoppedBy}: {stop.What}; {stop.Fix}"
                : $"{rollout.Phase}{(rollout.Canary is { } canary ? $" {canary}" : "")}");
        }

        foreach (var hold in status.Holds)
        {
            Row("hold", $"{hold.Node}: {hold.What}, until {hold.Until}");
        }

        foreach (var copy in status.Copies)
        {
            Row("copied", $"{copy.Node}: two machines seem to have its identity: {copy.What}; 'gitops enroll create {copy.Node} --replace' sorts them out");
        }

        var counts = status.Counts;
        Row("nodes", $"{counts.Nodes}: {counts.Online} online, {counts.Current} current, {counts.Converged} converged" +
            Some(counts.Waiting, "waiting") + Some(counts.Degraded, "degraded") + Some(counts.Failed, "failed") + Some(counts.Silent, "silent"));
        return grid;

        void Row(string name, string text) => grid.AddRow(new Markup($"[grey]{name}[/]"), new Text(text));
    }

    public static IRenderable Nodes(IEnumerable<NodeSummary> nodes)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("node", "site", "phase", "generation", "revision", "seen", "message");
        foreach (var node in nodes)
        {
            var behind = node.PointerGeneration is { } pointer && node.Generation != pointer ? $" → {pointer}" : "";
            table.AddRow(
                new Text(node.Name),
                new Text(node.Site ?? ""),
                new Markup($"[{Color(node)}]{node.Phase}[/]{(node.Online ? "" : " [grey]offline[/]")}"),
                new Text($"{node.Generation}{behind}"),
                new Text(node.Revision is { } revision ? Short(revision) : ""),
                new Text(node.SeenAt is { } seen ? seen.ToString("u", System.Globalization.CultureInfo.InvariantCulture) : "never"),
                new Text(node.Copied is null ? node.Message ?? "" : "its identity is copied"));
        }

        return table;
    }

    public static string Short(string revision) => revision.Length > 10 ? revision[..10] : revision;

    private static string Some(int count, string what) => count == 0 ? "" : $", {count} {what}";

    private static string Color(NodeSummary node) => node.Phase switch
    {
        "converged" => "green",
        "failed" or "degraded" => "red",
        "applying" or "waiting" => "yellow",
        _ => "grey",
    };
}
