using System.Text.RegularExpressions;
using GitOps.Manifests.EdgeX;
using GitOps.Manifests.Foreign;
using GitOps.TestKit;

namespace GitOps.Manifests.Tests.Foreign;

/// <summary>What EdgeX's own validators say about real files, held against what we say.</summary>
public sealed partial class EdgeXVerdictTests
{
    [Theory]
    [InlineData(EdgeXVersion.V31, 1)]
    [InlineData(EdgeXVersion.V4, 3)]
    public void We_agree_with_the_validators_of_EdgeX_on_every_file(EdgeXVersion version, int column)
    {
        var wrong = new List<string>();
        foreach (var row in Corpus.Table("VERDICTS.tsv"))
        {
            var path = Path.Combine(Corpus.Folder(), row[0]);
            var verdict = EdgeXVerdicts.Of(new SourceFile(path, File.ReadAllBytes(path)), KindOf(row[0]), version);
            var ours = verdict is null ? "N/A" : verdict.IsAccepted ? "ACCEPT" : "REJECT";
            var theirs = row[column + 1].Trim('"');
            if (ours != row[column] || (ours == "REJECT" && !BlamesTheSame(verdict!, theirs)))
            {
                wrong.Add($"{row[0]}\n  theirs {row[column]} {theirs}\n  ours   {ours} {string.Join("; ", verdict?.Blames.Select(b => $"{b.Span.Line} {b.Path} {b.Why}") ?? [])}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    // Their message names lines where a type is wrong in YAML, a path where it is in JSON, and fields where a rule is broken.
    private static bool BlamesTheSame(ForeignVerdict ours, string theirs)
    {
        var blames = ours.Blames.ToList();
        if (Lines().Matches(theirs) is { Count: > 0 } lines)
        {
            return lines.Select(line => line.Groups[1].Value).Order().SequenceEqual(
                blames.Select(blame => blame.Span.Line.ToString(System.Globalization.CultureInfo.InvariantCulture)).Order());
        }

        if (JsonField().Match(theirs) is { Success: true } field)
        {
            return field.Groups[1].Value == Indices().Replace(blames[0].Path, "");
        }

        return Fields().Matches(theirs) is not { Count: > 0 } fields ? Named(theirs, blames[0])
            : fields.Select(match => PathOf(match.Groups[1].Value)).SequenceEqual(blames.Select(blame => blame.Path));
    }

    private static bool Named(string theirs, Blame blame) => theirs switch
    {
        _ when theirs.StartsWith("device resource ", StringComparison.Ordinal) => blame.Path.StartsWith("deviceResources", StringComparison.Ordinal) && blame.Path.EndsWith(".name", StringComparison.Ordinal),
        _ when theirs.StartsWith("device command ", StringComparison.Ordinal) => blame.Path.StartsWith("deviceCommands", StringComparison.Ordinal) && blame.Path.EndsWith("].name", StringComparison.Ordinal),
        _ when theirs.Contains("doesn't align", StringComparison.Ordinal) => blame.Path.EndsWith("].readWrite", StringComparison.Ordinal),
        _ when theirs.Contains("write permission", StringComparison.Ordinal) => blame.Path.EndsWith("properties.readWrite", StringComparison.Ordinal),
        _ => blame.Path.Length == 0, // the file as a whole
    };

    // "AddDeviceRequest.Device.AutoEvents[0].Interval" → "autoEvents[0].interval"
    private static string PathOf(string structure)
    {
        string[] owners = ["AddDeviceRequest.Device.", "DeviceProfileRequest.Profile.", "AddProvisionWatcherRequest.ProvisionWatcher.",
            "AddDeviceRequest.BaseRequest.Versionable.", "AddDeviceRequest.BaseRequest.", "DeviceProfile.", "ProvisionWatcher."];
        var owner = owners.First(structure.StartsWith);
        return string.Join('.', structure[owner.Length..].Split('.').Select(part => char.ToLowerInvariant(part[0]) + part[1..]));
    }

    private static EdgeXKind KindOf(string file) => file switch
    {
        _ when file.Contains("edgex-profiles/", StringComparison.Ordinal) => EdgeXKind.Profile,
        _ when file.Contains("edgex-devices/", StringComparison.Ordinal) => EdgeXKind.Device,
        _ => EdgeXKind.Watcher,
    };

    [GeneratedRegex(@"line (\d+): (?:cannot unmarshal|mapping key)")]
    private static partial Regex Lines();

    [GeneratedRegex(@"Go struct field \w+\.(?:Profile|Device|ProvisionWatcher)\.([\w.]+) of type")]
    private static partial Regex JsonField();

    [GeneratedRegex(@"([A-Z]\w+(?:\.[A-Z]\w+(?:\[\w+\])?)+) field")]
    private static partial Regex Fields();

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Indices();
}
