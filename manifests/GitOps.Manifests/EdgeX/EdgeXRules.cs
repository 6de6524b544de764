using System.Text.RegularExpressions;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// What EdgeX asks of a document whose types are right: field rules first, all of them at once, then the rules between fields,
/// of which it names the first that is broken (the <c>validate</c> tags and <c>ValidateDeviceProfileDTO</c>).
/// </summary>
internal sealed partial class EdgeXRules(EdgeXVersion version, ForeignSyntax syntax)
{
    private const string WriteAccess = "write R, W, RW or WR";

    private static readonly string[] Accesses = ["R", "W", "RW", "WR"];
    private static readonly string[] AdminStates = ["LOCKED", "UNLOCKED"];
    private static readonly string[] OperatingStates = ["UP", "DOWN", "UNKNOWN"];

    private SourceSpan _root;

    public List<Blame> Blames { get; } = [];

    public void Check(EdgeXKind kind, YamlNode document, bool isRequest)
    {
        _root = document.Span;
        var root = new ForeignObject(document, syntax);
        switch (kind)
        {
            case EdgeXKind.Profile:
                CheckProfile(root);
                break;
            case EdgeXKind.Device:
                CheckDevice(root, isRequest);
                break;
            default:
                CheckWatcher(root);
                break;
        }
    }

    /// <summary>What a request says around its document.</summary>
    public void CheckRequest(ForeignObject request)
    {
        Need(request, "", "apiVersion", isBlankTaken: true);
        if (request.Text("requestId") is { Length: > 0 } id && !Uuid().IsMatch(id))
        {
            Add("requestId", request.SpanOf("requestId"), $"'{Excerpt.Of(id)}' is no uuid", "leave it out, or write a uuid in lower case");
        }
    }

    private void CheckProfile(ForeignObject profile)
    {
        CheckId(profile);
        NeedName(profile, "");
        var resources = profile.Objects("deviceResources").ToList();
        for (var i = 0; i < resources.Count; i++)
        {
            var path = $"deviceResources[{i}]";
            NeedName(resources[i], path);
            var properties = resources[i].Object("properties");
            if (!resources[i].Has("properties"))
            {
                properties = resources[i]; // so that what is missing has a place
                Missing(resources[i], $"{path}.properties", "valueType");
                Missing(resources[i], $"{path}.properties", "readWrite");
                continue;
            }

            CheckValueType(properties, $"{path}.properties");
            NeedOneOf(properties, $"{path}.properties", "readWrite", Accesses, WriteAccess);
        }

        var commands = profile.Objects("deviceCommands").ToList();
        for (var i = 0; i < commands.Count; i++)
        {
            CheckCommand(commands[i], $"deviceCommands[{i}]");
        }

        if (Blames.Count == 0)
        {
            ProfileRules.Check(resources, commands, Blames);
        }
    }

    private void CheckValueType(ForeignObject properties, string path)
    {
        if (!Need(properties, path, "valueType", isBlankTaken: true))
        {
            return;
        }

        var written = properties.Text("valueType");
        if (EdgeXTypes.Normalised(written) is not { } type || (version == EdgeXVersion.V31 && type == "ObjectArray"))
        {
            var near = Spelling.Nearest(written, EdgeXTypes.ValueTypes);
            Add($"{path}.valueType", properties.SpanOf("valueType"), $"there is no value type '{Excerpt.Of(written)}'",
                near is null ? $"use one of {string.Join(", ", EdgeXTypes.ValueTypes.Take(13))}" : $"did you mean '{near}'?");
        }
    }

    private void CheckCommand(ForeignObject command, string path)
    {
        NeedName(command, path);
        NeedOneOf(command, path, "readWrite", Accesses, WriteAccess);
        var operations = command.Objects("resourceOperations").ToList();
        if (operations.Count == 0)
        {
            Add($"{path}.resourceOperations", command.SpanOf("resourceOperations"), "the command has no resource operation",
                "add resourceOperations: [{deviceResource: <name>}]");
        }

        for (var i = 0; i < operations.Count; i++)
        {
            Need(operations[i], $"{path}.resourceOperations[{i}]", "deviceResource", isBlankTaken: true);
        }
    }

    private void CheckDevice(ForeignObject device, bool isRequest)
    {
        CheckId(device);
        NeedName(device, "");
        CheckState(device, "", "adminState", AdminStates, isRequest);
        CheckState(device, "", "operatingState", OperatingStates, isRequest);
        if (isRequest) // a device service writes its own name into what it reads from a file
        {
            NeedName(device, "", "serviceName");
        }

        if (version == EdgeXVersion.V31)
        {
            NeedName(device, "", "profileName");
        }

        CheckAutoEvents(device, "");
        if (!device.Has("protocols"))
        {
            Missing(device, "", "protocols");
        }
        else if (version == EdgeXVersion.V31 && device.Object("protocols").Entries.IsEmpty)
        {
            Add("protocols", device.SpanOf("protocols"), "protocols is empty", "say how the device is reached");
        }
    }

    private void CheckWatcher(ForeignObject watcher)
    {
        CheckId(watcher);
        NeedName(watcher, "");
        NeedName(watcher, "", "serviceName");
        var identifiers = watcher.Object("identifiers").Entries;
        if (identifiers.IsEmpty)
        {
            Add("identifiers", watcher.SpanOf("identifiers"), "there is no identifier", "add identifiers: {Address: <regular expression>}");
        }

        foreach (var entry in identifiers)
        {
            if (entry.Key.Length == 0 || entry.Value is not YamlNode.Scalar { Text.Length: > 0 } || Nodes.IsNull(entry.Value))
            {
                Add($"identifiers[{entry.Key}]", entry.KeySpan, "an identifier is empty", "write a key and a regular expression");
            }
        }

        CheckState(watcher, "", "adminState", AdminStates, isRequest: true);
        var discovered = watcher.Object("discoveredDevice");
        if (discovered.Text("profileName") is { Length: > 0 } name && name.AsSpan().IsWhiteSpace())
        {
            Add("discoveredDevice.profileName", discovered.SpanOf("profileName"), "the name is blank", "write the name of the profile");
        }

        if (!watcher.Has("discoveredDevice"))
        {
            Add("discoveredDevice.adminState", watcher.SpanOf(""), "'discoveredDevice' with its 'adminState' is missing",
                "add discoveredDevice: {profileName: <name>, adminState: UNLOCKED}");
            return;
        }

        CheckState(discovered, "discoveredDevice", "adminState", AdminStates, isRequest: true);
        CheckAutoEvents(discovered, "discoveredDevice");
    }

    private void CheckAutoEvents(ForeignObject owner, string path)
    {
        var events = owner.Objects("autoEvents").ToList();
        for (var i = 0; i < events.Count; i++)
        {
            var at = Join(path, $"autoEvents[{i}]");
            if (Need(events[i], at, "interval", isBlankTaken: true))
            {
                CheckDuration(events[i], at, "interval", least: 1_000_000, "1ms");
            }

            if (version == EdgeXVersion.V4 && events[i].Number("onChangeThreshold") is < 0)
            {
                Add($"{at}.onChangeThreshold", events[i].SpanOf("onChangeThreshold"), "a threshold is 0 or more", "write how much is a change");
            }

            Need(events[i], at, "sourceName", isBlankTaken: true);
            var retention = events[i].Object("retention");
            if (version == EdgeXVersion.V4 && retention.Text("duration").Length > 0)
            {
                CheckDuration(retention, $"{at}.retention", "duration", least: 0, "0s");
            }
        }
    }

    private void CheckDuration(ForeignObject owner, string path, string name, decimal least, string leastText)
    {
        var text = owner.Text(name);
        var duration = version == EdgeXVersion.V31 ? GoDuration.Parse(text) : GoDuration.ParseWithDays(text);
        if (duration is null || (version == EdgeXVersion.V4 && duration < least))
        {
            Add($"{path}.{name}", owner.SpanOf(name),
                duration is null ? $"'{Excerpt.Of(text)}' is no duration" : $"'{Excerpt.Of(text)}' is shorter than {leastText}",
                "write a number with a unit, without a space: 500ms, 10s, 1h30m");
        }
    }

    private void CheckState(ForeignObject owner, string path, string name, string[] states, bool isRequest)
    {
        var written = owner.Text(name);
        if (!states.Contains(written) && (isRequest || written.Length > 0))
        {
            Add(Join(path, name), owner.SpanOf(name),
                written.Length == 0 ? $"'{name}' is missing" : $"'{Excerpt.Of(written)}' is none of {string.Join(", ", states)}",
                states.FirstOrDefault(state => string.Equals(state, written, StringComparison.OrdinalIgnoreCase)) is { } near
                    ? $"in capital letters: {near}"
                    : $"write one of {string.Join(", ", states)}");
        }
    }

    private void CheckId(ForeignObject owner)
    {
        if (owner.Text("id") is { Length: > 0 } id && !Uuid().IsMatch(id))
        {
            Add("id", owner.SpanOf("id"), $"'{Excerpt.Of(id)}' is no uuid", "leave it out: EdgeX gives one");
        }
    }

    private void NeedName(ForeignObject owner, string path, string name = "name") => Need(owner, path, name, isBlankTaken: false);

    private bool Need(ForeignObject owner, string path, string name, bool isBlankTaken)
    {
        var text = owner.Text(name);
        if (text.Length == 0)
        {
            Missing(owner, path, name);
            return false;
        }

        if (!isBlankTaken && text.AsSpan().IsWhiteSpace())
        {
            Add(Join(path, name), owner.SpanOf(name), $"'{name}' is blank", "write a name");
            return false;
        }

        return true;
    }

    private void NeedOneOf(ForeignObject owner, string path, string name, string[] words, string fix)
    {
        if (Need(owner, path, name, isBlankTaken: true) && !words.Contains(owner.Text(name)))
        {
            Add(Join(path, name), owner.SpanOf(name), $"'{name}' is '{Excerpt.Of(owner.Text(name))}', which is none of {string.Join(", ", words)}", fix);
        }
    }

    private void Missing(ForeignObject owner, string path, string name)
    {
        var near = Spelling.Nearest(name, owner.Entries.Select(entry => entry.Key).Where(key => key != name));
        Add(Join(path, name), owner.SpanOf(name), $"'{name}' is missing",
            near is null ? $"add '{name}:'" : $"'{Excerpt.Of(near)}' is not read: write '{name}'");
    }

    // An empty item of a list has no place of its own.
    private void Add(string path, SourceSpan span, string why, string fix) =>
        Blames.Add(new Blame(path, span.File is null ? _root : span, why, fix));

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", RegexOptions.NonBacktracking)]
    private static partial Regex Uuid();
}
