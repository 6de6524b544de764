using System.Globalization;

namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>
/// One node whose files and workload change with every push, and what must hold of them whenever somebody looks: each file
/// is one version, whole, and none older than what the node said it is committed to.
/// </summary>
internal sealed class ChangingFleet(TestFleet fleet, string name, string root)
{
    private const int Files = 10;
    private readonly Dictionary<string, int> _versions = [];
    private long _generation;
    private int _committed;

    /// <summary>The newest version pushed.</summary>
    public int Version { get; private set; }

    /// <summary>How many looks found files of different versions: the agent had been cut in the middle of its work.</summary>
    public int Halves { get; private set; }

    public string Revision { get; private set; } = "";

    private TestNode Node => fleet[name];

    /// <summary>The next version; every fourth one changes the workload, too.</summary>
    private (string Path, string Content) Next()
    {
        Version++;
        return ("things.yaml", Yaml.Sleeper("steady") + Yaml.Volume + Yaml.Counter(Invariant($"workload {Version / 4}")) +
            string.Concat(Enumerable.Range(0, Files).Select(i => Yaml.File($"file-{i}", Content(i, Version)))));
    }

    /// <summary>Pushes the first version, starts the control plane, and waits for nothing more.</summary>
    public async Task StartAsync()
    {
        Revision = await fleet.StartAsync([], ("fleet.yaml", Yaml.Fleet() + Yaml.Node(name, root)), Next());
        _versions[Revision] = Version;
    }

    /// <summary>Pushes the next version, and does not wait.</summary>
    public void Push()
    {
        Revision = fleet.Git.CommitAndPush("next", Next());
        _versions[Revision] = Version;
    }

    /// <summary>Whether the newest version has begun to arrive.</summary>
    public bool HasBegun => Enumerable.Range(0, Files).Any(i => Node.Read($"file-{i}") is { } text && VersionOf(text) == Version);

    /// <summary>Looks at everything while no agent runs.</summary>
    public async Task LookAsync()
    {
        await HearAsync();
        var versions = new HashSet<int>();
        for (var i = 0; i < Files; i++)
        {
            var text = Node.Read($"file-{i}");
            var version = text is null ? 0 : VersionOf(text);
            Assert.True(text is null || text == Content(i, version), $"file-{i} is neither old nor new, but '{text}'");
            Assert.InRange(version, _committed, Version);
            versions.Add(version);
        }

        Halves += versions.Count > 1 ? 1 : 0;
        Assert.True(Node.Read("data/twice") is null, $"the workload ran twice at a time: {Node.Read("data/twice")}");
    }

    /// <summary>What the node told the control plane is true from then on.</summary>
    private async Task HearAsync()
    {
        if (await fleet.ReportAsync(name) is { } report)
        {
            var committed = report.Revision is { } revision ? _versions[revision] : 0;
            Assert.True(report.SeenGeneration >= _generation, $"the node had seen {_generation}, and now says {report.SeenGeneration}");
            Assert.True(committed >= _committed, $"the node was committed to version {_committed}, and now is to {committed}");
            (_generation, _committed) = (report.SeenGeneration, committed);
        }
    }

    // Every second one is beyond what lies in the bundle itself: a blob, fetched apart.
    private static string Content(int file, int version) =>
        string.Concat(Enumerable.Repeat(Invariant($"{version} file {file}\n"), file % 2 == 0 ? 1 : 600));

    private static int VersionOf(string text) =>
        int.TryParse(text.AsSpan(0, Math.Max(0, text.IndexOf(' ', StringComparison.Ordinal))), CultureInfo.InvariantCulture, out var version) ? version : -1;

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
