using System.Globalization;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using GitOps.Reconciler.Diffing;
using Spectre.Console;

namespace GitOps.Cli.Demo;

/// <summary>What a person sees of the demo: headings, a live line while it waits, evidence, and a table at the end.</summary>
internal sealed class DemoScreen(FleetFollower fleet)
{
    private readonly List<(string Scene, string Thing, string Evidence, TimeSpan Took)> _results = [];
    private int _scene;

    public void Scene(string title, string explanation)
    {
        Terminal.Out.WriteLine();
        Terminal.Out.MarkupLineInterpolated($"[bold]{++_scene}. {title}[/]");
        Terminal.Out.MarkupLineInterpolated($"   [grey]{explanation}[/]");
    }

    /// <summary>Shows where the nodes are while something is awaited.</summary>
    public async Task<bool> WaitAsync(string what, Func<Task<bool>> wait)
    {
        if (!Terminal.IsInteractive)
        {
            return await wait();
        }

        return await Terminal.Out.Status().Spinner(Spinner.Known.Dots).StartAsync(Line(what), async context =>
        {
            void Show() => context.Status(Line(what));
            fleet.Changed += Show;
            try
            {
                return await wait();
            }
            finally
            {
                fleet.Changed -= Show;
            }
        });
    }

    /// <summary>Who moved, in which order.</summary>
    public static void Order(IReadOnlyList<FleetMoment> moments)
    {
        var began = moments.Count > 0 ? moments[0].At : TimeSpan.Zero;
        foreach (var moment in moments.Where(m => m.Generation is not null || m.Phase is "failed"))
        {
            Terminal.Out.MarkupLineInterpolated(
                $"   [grey]{Seconds(moment.At - began)}[/]  {moment.Node,-8} {moment.Phase}, generation {moment.Generation}{(moment.Message is { } text ? $": {text}" : "")}");
        }
    }

    public static void Diff(Preview preview)
    {
        Terminal.Out.MarkupLineInterpolated($"   [grey]$ gitops diff[/]");
        var lines = preview.ToText().Split('\n');
        foreach (var line in lines.Take(24))
        {
            Terminal.Out.MarkupLineInterpolated($"   {line}");
        }

        if (lines.Length > 24)
        {
            Terminal.Out.MarkupLineInterpolated($"   [grey]… {lines.Length - 24} more lines[/]");
        }
    }

    public static void Findings(IReadOnlyList<FindingDocument> findings)
    {
        foreach (var finding in findings)
        {
            Terminal.Out.MarkupLineInterpolated($"   {finding.File}:{finding.Line}:{finding.Column}: [red]error {finding.Code}[/]: {finding.What}");
            Terminal.Out.MarkupLineInterpolated($"     [grey]fix:[/] {finding.Fix}");
        }
    }

    public static void Held(ProblemDocument hold)
    {
        Terminal.Out.MarkupLineInterpolated($"   [yellow]held[/] {hold.Code}: {hold.What}");
        Terminal.Out.MarkupLineInterpolated($"     [grey]fix:[/] {hold.Fix}");
    }

    public static void Stopped(RolloutDocument rollout) =>
        Terminal.Out.MarkupLineInterpolated($"   [yellow]rollout stopped by {rollout.StoppedBy}[/]: {rollout.Stop?.What}");

    public void Proven(string scene, string thing, string evidence, TimeSpan took)
    {
        _results.Add((scene, thing, evidence, took));
        Terminal.Out.MarkupLineInterpolated($"   [green]✓[/] {thing}: {evidence}");
    }

    public void Results()
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("scene", "what", "seen", "after");
        foreach (var (scene, thing, evidence, took) in _results)
        {
            table.AddRow(new Text(scene), new Text(thing), new Text(evidence), new Text(Seconds(took)));
        }

        Terminal.Out.WriteLine();
        Terminal.Out.Write(table);
    }

    public static void Addresses(DemoWorld world)
    {
        Terminal.Out.MarkupLineInterpolated($"It stays until Ctrl-C. The repository: [bold]{world.Repository.WorkTree}[/] (edit, commit, push)");
        Terminal.Out.MarkupLineInterpolated($"  GITOPS_SERVER=http://{world.Settings.PeopleEndpoint} GITOPS_TOKEN={world.Token} gitops status --watch");
        foreach (var agent in world.Agents)
        {
            Terminal.Out.MarkupLineInterpolated($"  gitops-agent status --identity {agent.Identity} --state-directory {agent.State}");
        }
    }

    public void Failed(string why, DemoWorld world)
    {
        Terminal.Error.MarkupLineInterpolated($"[red]The demo failed[/]: {why}");
        Terminal.Error.Write(StatusView.Nodes(fleet.Nodes));
        using var log = new StreamReader(new FileStream($"{world.Directory}/control-plane.log", FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Tail("control plane", log.ReadToEnd());
        foreach (var agent in world.Agents)
        {
            Tail(agent.Name, agent.RunningLog);
        }
    }

    private static void Tail(string who, string log)
    {
        Terminal.Error.MarkupLineInterpolated($"[grey]the log of {who}:[/]");
        foreach (var line in log.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(15))
        {
            Terminal.Error.MarkupLineInterpolated($"  {line}");
        }
    }

    private string Line(string what) => Markup.Escape(
        $"{what}: {string.Join(", ", fleet.Nodes.Select(n => $"{n.Name} {n.Phase}{(n.Generation == n.PointerGeneration ? "" : " …")}"))}");

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0 s", CultureInfo.InvariantCulture);
}
