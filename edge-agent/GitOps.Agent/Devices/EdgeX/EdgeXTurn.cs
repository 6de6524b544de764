using System.Globalization;
using System.Text;
using System.Text.Json;
using GitOps.Agent.Planning;
using GitOps.Bundles;

namespace GitOps.Agent.Devices.EdgeX;

/// <summary>
/// From what core-metadata holds to what it is to hold: what is sent, in order, what waits, what is wrong. Profiles before the
/// devices that have them before the watchers that find more of them; removals the other way round, and only when all the rest is
/// as desired.
/// </summary>
internal sealed class EdgeXTurn
{
    /// <summary>Objects in one request: each device in it may take the seconds that a device service has to answer.</summary>
    public const int Batch = 20;

    /// <summary>After EdgeX did not take an object.</summary>
    public static readonly TimeSpan AfterRefusal = TimeSpan.FromMinutes(5);

    private readonly EdgeXLive _live;
    private readonly EdgeXState _state;
    private readonly Dictionary<string, EdgeXRefusal> _refusals = new(StringComparer.Ordinal);

    private EdgeXTurn(EdgeXLive live, EdgeXState state)
    {
        (_live, _state) = (live, state);
        foreach (var refusal in state.Refusals)
        {
            _refusals[refusal.Key] = refusal;
        }
    }

    public List<EdgeXStep> Steps { get; } = [];

    public List<Hold> Holds { get; } = [];

    /// <summary>Objects that cannot become as desired, each with why.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Objects of others under names that are desired, before the unit was ever applied. While there is one, nothing is done.</summary>
    public List<string> Strangers { get; } = [];

    /// <param name="adopt">What carries no mark is taken over.</param>
    /// <param name="wasApplied">The unit as it is now was applied before.</param>
    public static EdgeXTurn Plan(EdgeXObjects desired, EdgeXLive live, EdgeXState state, bool adopt, bool wasApplied)
    {
        var turn = new EdgeXTurn(live, state);
        List<Wanted> wanted = [];
        foreach (var one in desired.All)
        {
            var found = live.ByKey.GetValueOrDefault(one.Key);
            if (found is not null && !adopt && !found.HasLabel(state.Mark) && !IsOurs(one, found, state, wasApplied))
            {
                turn.Meet(one, wasApplied);
            }
            else if (turn.Decide(one, found) is { } decided)
            {
                wanted.Add(decided);
            }
        }

        if (turn.Strangers.Count > 0)
        {
            turn.Problems.Clear();
            turn.Holds.Clear();
            return turn;
        }

        turn.Send(wanted);
        if (turn.Steps.Count == 0 && turn.Problems.Count == 0 && turn.Holds.Count == 0)
        {
            turn.Remove([.. desired.All.Select(one => one.Key)]);
        }

        return turn;
    }

    /// <summary>A label that somebody took away makes no stranger of what this unit put there.</summary>
    private static bool IsOurs(EdgeXObject desired, EdgeXObject found, EdgeXState state, bool wasApplied) =>
        state.Seen.Contains(desired.Key) || (wasApplied && EdgeXForm.Differences(desired, found) is ["labels"]);

    // Before the first step of a unit nothing is done at all; later the rest goes on.
    private void Meet(EdgeXObject stranger, bool wasApplied)
    {
        if (wasApplied)
        {
            Problems.Add($"{stranger.Key}: EdgeX has it already, and somebody else put it there");
        }
        else
        {
            Strangers.Add(stranger.Key);
        }
    }

    /// <summary>What carries the mark and is not to be kept: watchers, devices with children before their parents, profiles.</summary>
    public static List<EdgeXStep> Removals(EdgeXLive live, string mark, HashSet<string> keep, bool isLast)
    {
        List<EdgeXStep> steps = [];
        var marked = EdgeXFamily.ParentsFirst([.. live.Objects.Where(one => one.Kind == EdgeXKind.Device)]);
        marked.Reverse();
        var ordered = live.Objects.Where(one => one.Kind == EdgeXKind.Watcher).Concat(marked).Concat(live.Objects.Where(one => one.Kind == EdgeXKind.Profile));
        foreach (var one in ordered)
        {
            if (one.HasLabel(mark) && !keep.Contains(one.Key))
            {
                steps.Add(new EdgeXStep.Delete(one.Kind, one.Name, isLast) { Because = isLast ? "it left the bundle" : "the bundle has it no more" });
            }
        }

        return steps;
    }

    /// <summary>Tells one desired version of an object from the next.</summary>
    public static string VersionOf(EdgeXObject one) => Digest.Of(Encoding.UTF8.GetBytes(one.Value.GetRawText())).Hex;

    private Wanted? Decide(EdgeXObject one, EdgeXObject? found)
    {
        var fields = found is null ? [] : EdgeXForm.Differences(one, found);
        if (found is not null && fields.Count == 0)
        {
            return null;
        }

        var version = VersionOf(one);
        if (_live.Version.Unsupported(one) is { } unsupported)
        {
            Problems.Add($"{one.Key}: {unsupported}");
            return null;
        }

        if (Breaks(one, found) is { } breaks)
        {
            Problems.Add($"{one.Key}: {breaks}");
            return null;
        }

        if (IsRefused(one.Key, version))
        {
            return null;
        }

        if (one.Kind == EdgeXKind.Device && one.Text("serviceName") is var service && !_live.Services.Contains(service))
        {
            Holds.Add(new Hold(one.Key, Until: $"the device service '{service}' has registered itself with EdgeX"));
            return null;
        }

        var verb = found is null ? EdgeXVerb.Add : one.Kind == EdgeXKind.Profile ? EdgeXVerb.Replace : EdgeXVerb.Change;
        var json = verb == EdgeXVerb.Change ? EdgeXBody.Difference(one, fields) : EdgeXBody.Whole(one, found);
        var because = found is null ? $"{one.Key} is not there" : $"{one.Key} differs in {string.Join(", ", fields)}";
        return new Wanted(verb, one.Kind, new EdgeXItem(one.Key, version, json), because);
    }

    private bool IsRefused(string key, string version)
    {
        if (_refusals.GetValueOrDefault(key) is not { } refusal || refusal.Version != version || _state.Now - refusal.At >= AfterRefusal)
        {
            return false;
        }

        Problems.Add($"{key}: {refusal.Why}");
        Holds.Add(new Hold(key, Until: "Git says something else of it, or five minutes have passed") { RecheckAfter = AfterRefusal - (_state.Now - refusal.At) });
        return true;
    }

    /// <summary>
    /// EdgeX replaces a profile whatever becomes of the devices that have it: events of somebody else's device that name what is
    /// no longer there would fail from then on.
    /// </summary>
    private string? Breaks(EdgeXObject one, EdgeXObject? found)
    {
        if (one.Kind != EdgeXKind.Profile || found is null)
        {
            return null;
        }

        var (before, after) = (SourcesOf(found), SourcesOf(one));
        foreach (var device in _live.Objects)
        {
            if (device.Kind == EdgeXKind.Device && !device.HasLabel(_state.Mark) && device.Text("profileName") == one.Name &&
                device.Value.TryGetProperty("autoEvents"u8, out var events) && events.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in events.EnumerateArray())
                {
                    var source = item.TryGetProperty("sourceName"u8, out var name) ? name.GetString() ?? "" : "";
                    if (before.Contains(source) && !after.Contains(source))
                    {
                        return $"device '{device.Name}', which is somebody else's, has an auto event of '{source}', and the profile has it no more";
                    }
                }
            }
        }

        return null;
    }

    private static HashSet<string> SourcesOf(EdgeXObject profile)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in new[] { "deviceResources", "deviceCommands" })
        {
            if (profile.Value.TryGetProperty(member, out var list) && list.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in list.EnumerateArray())
                {
                    names.Add(item.TryGetProperty("name"u8, out var name) ? name.GetString() ?? "" : "");
                }
            }
        }

        return names;
    }

    private void Send(List<Wanted> wanted)
    {
        foreach (var kind in new[] { EdgeXKind.Profile, EdgeXKind.Device, EdgeXKind.Watcher })
        {
            foreach (var verb in new[] { EdgeXVerb.Add, EdgeXVerb.Replace, EdgeXVerb.Change })
            {
                var items = wanted.FindAll(one => one.Kind == kind && one.Verb == verb);
                for (var at = 0; at < items.Count; at += Batch)
                {
                    var batch = items.GetRange(at, Math.Min(Batch, items.Count - at));
                    Steps.Add(new EdgeXStep.Send(verb, kind, batch.Select(one => one.Item).ToEquatableArray())
                    {
                        Because = batch.Count == 1 ? batch[0].Because
                            : string.Create(CultureInfo.InvariantCulture, $"{batch[0].Because}, and {batch.Count - 1} more"),
                    });
                }
            }
        }
    }

    private void Remove(HashSet<string> keep)
    {
        foreach (var step in Removals(_live, _state.Mark, keep, isLast: false))
        {
            if (step is EdgeXStep.Delete(var kind, var name, _) && !IsRefused($"{EdgeXObject.Word(kind)} '{name}'", EdgeXRefusal.Removal))
            {
                Steps.Add(step);
            }
        }
    }

    private sealed record Wanted(EdgeXVerb Verb, EdgeXKind Kind, EdgeXItem Item, string Because);
}
