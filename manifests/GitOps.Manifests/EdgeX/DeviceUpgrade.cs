using GitOps.Manifests.Foreign;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>Devices and provision watchers of EdgeX 1 and 2 in the shape of EdgeX 3 and 4.</summary>
internal sealed class DeviceUpgrade(ForeignSyntax syntax, Changes changes)
{
    private static readonly string[] OldStates = ["enabled", "disabled"];

    public YamlNode.Mapping Device(YamlNode.Mapping device) => Events(States(Named(device)));

    public YamlNode.Mapping Watcher(YamlNode.Mapping watcher)
    {
        var upgraded = States(Named(watcher), isOld: watcher.Find("discoveredDevice", syntax) is null);
        if (upgraded.Find("discoveredDevice", syntax) is YamlNode.Mapping discovered)
        {
            return upgraded.With(syntax, "discoveredDevice", Events(discovered));
        }

        if (upgraded.Find("profileName", syntax) is not { } profile)
        {
            return upgraded;
        }

        changes.Add(upgraded.Span, "a provision watcher is written flat, as EdgeX 2 does, and read with 'discoveredDevice'",
            "write profileName, adminState and autoEvents below 'discoveredDevice'");
        var nested = TreeEdit.Map(upgraded.Span,
            ("profileName", profile),
            ("adminState", upgraded.Find("adminState", syntax) ?? TreeEdit.Text(upgraded.Span, "UNLOCKED")),
            ("autoEvents", upgraded.Find("autoEvents", syntax)));
        upgraded = upgraded.Without(syntax, "profileName", "autoEvents").With(syntax, "discoveredDevice", Events(nested));
        return upgraded.Find("adminState", syntax) is null
            ? upgraded.With(syntax, "adminState", TreeEdit.Text(upgraded.Span, "UNLOCKED"))
            : upgraded;
    }

    private YamlNode.Mapping Named(YamlNode.Mapping owner)
    {
        foreach (var (old, name) in new[] { ("profile", "profileName"), ("service", "serviceName") })
        {
            var written = owner.Find(old, syntax) switch
            {
                YamlNode.Mapping whole => whole.Find("name", syntax),
                var text => text,
            };
            if (written is null || owner.Find(name, syntax) is not null)
            {
                continue;
            }

            changes.Add(written.Span, $"'{old}' of EdgeX 1 is read as '{name}'", $"write {name}");
            owner = owner.Without(syntax, old).With(syntax, name, written);
        }

        return owner;
    }

    private YamlNode.Mapping States(YamlNode.Mapping owner, bool isOld = false)
    {
        var operating = owner.Find("operatingState", syntax) as YamlNode.Scalar;
        isOld |= syntax == ForeignSyntax.Toml || OldStates.Contains(operating?.Text.ToLowerInvariant());
        if (!isOld)
        {
            return owner;
        }

        if (owner.Find("adminState", syntax) is YamlNode.Scalar admin && admin.Text.Any(char.IsAsciiLetterLower))
        {
            changes.Add(admin.Span, $"the state '{Excerpt.Of(admin.Text)}' of EdgeX 1 is read in capital letters", "write it in capital letters");
            owner = owner.With(syntax, "adminState", TreeEdit.Text(admin.Span, admin.Text.ToUpperInvariant()));
        }

        if (operating is not null && OldStates.Contains(operating.Text.ToLowerInvariant()))
        {
            var state = operating.Text.StartsWith("d", StringComparison.OrdinalIgnoreCase) ? "DOWN" : "UP";
            changes.Add(operating.Span, $"the state '{Excerpt.Of(operating.Text)}' of EdgeX 1 is read as {state}", $"write {state}");
            owner = owner.With(syntax, "operatingState", TreeEdit.Text(operating.Span, state));
        }

        return owner;
    }

    private YamlNode.Mapping Events(YamlNode.Mapping owner) => owner.Each(syntax, "autoEvents", one =>
    {
        foreach (var (old, name) in new[] { ("frequency", "interval"), ("resource", "sourceName") })
        {
            if (one.Find(old, syntax) is { } written && one.Find(name, syntax) is null)
            {
                changes.Add(written.Span, $"'{old}' of an auto event of EdgeX 1 is read as '{name}'", $"write {name}");
                one = one.Renamed(syntax, old, name);
            }
        }

        return one;
    });
}
