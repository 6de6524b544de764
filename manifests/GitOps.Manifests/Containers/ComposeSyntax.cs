using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Containers;

/// <summary>The short forms of Compose, each a text that stands for an object.</summary>
internal static class ComposeSyntax
{
    /// <summary><c>[[ADDRESS:]HOST:]CONTAINER[/PROTOCOL]</c>, each port a number or a range of equal length.</summary>
    public static readonly Shape<ComposePort> ShortPort = new ScalarShape<ComposePort>("port", "ports", "write \"8080:80\", \"127.0.0.1:8080:80/tcp\" or \"3000-3001:3000-3001\"",
        (YamlNode.Scalar scalar, [MaybeNullWhen(false)] out ComposePort value) =>
        {
            value = Ports(scalar.Text) is { } ports ? new(ports, scalar.Span) : null;
            return value is not null;
        });

    /// <summary><c>[SOURCE:]TARGET[:MODE]</c>.</summary>
    public static readonly Shape<ComposeMount> ShortMount = new ScalarShape<ComposeMount>("mount", "a volume", "write \"data:/var/lib/data\", \"/srv/data:/data:ro\" or \"./app.conf:/etc/app.conf:ro\"",
        (YamlNode.Scalar scalar, [MaybeNullWhen(false)] out ComposeMount value) =>
        {
            value = Mount(scalar);
            return value is not null;
        });

    /// <summary><c>NAME:ADDRESS</c> or <c>NAME=ADDRESS</c>.</summary>
    public static HostAlias? ExtraHost(string text)
    {
        var at = text.IndexOfAny(['=', ':']);
        var address = at > 0 ? text[(at + 1)..].Trim('[', ']') : "";
        return Uri.CheckHostName(address) is UriHostNameType.IPv4 or UriHostNameType.IPv6 ? new(address, [text[..at]]) : null;
    }

    private static EquatableArray<ContainerPort>? Ports(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var protocol = slash < 0 ? "tcp" : text[(slash + 1)..];
        var parts = (slash < 0 ? text : text[..slash]).Split(':');
        var address = parts.Length > 2 ? string.Join(':', parts[..^2]).Trim('[', ']') : null;
        if (protocol is not ("tcp" or "udp") || Range(parts[^1]) is not var (first, last) ||
            (address is not null && Uri.CheckHostName(address) is not (UriHostNameType.IPv4 or UriHostNameType.IPv6)))
        {
            return null;
        }

        var host = parts.Length > 1 ? Range(parts[^2]) : null;
        if (parts.Length > 1 && (host is not var (hostFirst, hostLast) || hostLast - hostFirst != last - first))
        {
            return null;
        }

        var ports = ImmutableArray.CreateBuilder<ContainerPort>();
        for (var port = first; port <= last; port++)
        {
            ports.Add(new(port)
            {
                Protocol = protocol == "udp" ? PortProtocol.Udp : PortProtocol.Tcp,
                HostPort = host is var (start, _) ? start + (port - first) : null,
                HostAddress = address,
            });
        }

        return new(ports.DrainToImmutable());
    }

    private static (int First, int Last)? Range(string text)
    {
        var parts = text.Split('-');
        return parts.Length <= 2 && Number(parts[0]) is { } first && Number(parts[^1]) is { } last && last >= first && last - first < 100
            ? (first, last)
            : null;
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65_536 ? number : null;

    private static ComposeMount? Mount(YamlNode.Scalar scalar)
    {
        var parts = scalar.Text.Split(':');
        var (source, target, mode) = parts switch
        {
            [var only] => (null, only, ""),
            [var left, var right] when right.StartsWith('/') => (left, right, ""),
            [var left, var middle, var right] => (left, middle, right),
            _ => (null, "", ""),
        };
        var flags = mode.Split(',');
        if (!target.StartsWith('/') || source is "" || !flags.All(flag => flag is "" or "ro" or "rw" or "z" or "Z"))
        {
            return null;
        }

        var type = source is not null && source[0] is '/' or '.' or '~' ? ComposeMountType.Bind : ComposeMountType.Volume;
        return new(source is null ? ComposeMountType.Volume : type, source, scalar.Span, target, flags.Contains("ro"), null, null);
    }
}

/// <summary>A mapping, or a list of <c>KEY=VALUE</c>.</summary>
internal sealed class ComposePairsShape() : Shape<EquatableArray<ComposePair>>("map or list of KEY=VALUE")
{
    internal override string Format(EquatableArray<ComposePair> value) => "{}";

    internal override bool TryBindWritten(YamlNode node, BindContext context, out EquatableArray<ComposePair> value)
    {
        var pairs = new SortedDictionary<string, ComposePair>(StringComparer.Ordinal);
        var errors = context.Findings.Errors;
        switch (node)
        {
            case YamlNode.Mapping mapping:
                foreach (var entry in mapping.Entries)
                {
                    if (entry.Value is YamlNode.Scalar scalar)
                    {
                        pairs[entry.Key] = new(entry.Key, entry.KeySpan, Nodes.IsNull(scalar) ? null : scalar.Text);
                    }
                    else
                    {
                        context.Findings.Error(ManifestCodes.WrongType, entry.Value.Span,
                            $"'{Excerpt.Of(entry.Key)}' takes text, this is {Nodes.Describe(entry.Value)}", "write a single value");
                    }
                }

                break;
            case YamlNode.Sequence list:
                foreach (var item in list.Items)
                {
                    if (item is YamlNode.Scalar scalar)
                    {
                        var equals = scalar.Text.IndexOf('=', StringComparison.Ordinal);
                        var key = equals < 0 ? scalar.Text : scalar.Text[..equals];
                        pairs[key] = new(key, scalar.Span, equals < 0 ? null : scalar.Text[(equals + 1)..]);
                    }
                    else
                    {
                        context.Findings.Error(ManifestCodes.WrongType, item.Span,
                            $"'{context.Field}' takes KEY=VALUE, this is {Nodes.Describe(item)}", "write one KEY=VALUE per line");
                    }
                }

                break;
            default:
                context.Findings.Error(ManifestCodes.WrongType, node.Span,
                    $"'{context.Field}' takes a mapping or a list, this is {Nodes.Describe(node)}", "write one 'KEY: value' per line");
                break;
        }

        value = new(pairs.Values);
        return context.Findings.Errors == errors;
    }
}

/// <summary>A list of names, or a mapping from names to details.</summary>
internal sealed class ComposeDependsShape() : Shape<EquatableArray<ComposeDependency>>("list of service or map of service to condition")
{
    private static readonly Shape<ContainerCondition> Condition = Scalars.OneOf(
        ("service_started", ContainerCondition.Started), ("service_healthy", ContainerCondition.Healthy),
        ("service_completed_successfully", ContainerCondition.Completed));

    private sealed record Details(ContainerCondition Condition);

    private static readonly Shape<Details> DetailsShape = new ObjectShape<Details>("depends_on", f => new(
        f.Default("condition", Condition, ContainerCondition.Started, "what has to hold")))
    { WithoutMeaning = [("restart", "a service is restarted when it changes"), ("required", "every service of the file is there")] };

    public override IReadOnlyList<Shape> Parts { get; } = [DetailsShape];

    internal override string Format(EquatableArray<ComposeDependency> value) => "[]";

    internal override bool TryBindWritten(YamlNode node, BindContext context, out EquatableArray<ComposeDependency> value)
    {
        var errors = context.Findings.Errors;
        var found = ImmutableArray.CreateBuilder<ComposeDependency>();
        if (node is YamlNode.Mapping mapping)
        {
            foreach (var entry in mapping.Entries)
            {
                context.Field = entry.Key;
                if (DetailsShape.TryBind(entry.Value, context, out var details))
                {
                    found.Add(new(entry.Key, entry.KeySpan, details.Condition));
                }
            }
        }
        else if (node is YamlNode.Sequence list && list.Items.All(item => item is YamlNode.Scalar))
        {
            found.AddRange(list.Items.Cast<YamlNode.Scalar>().Select(item => new ComposeDependency(item.Text, item.Span, ContainerCondition.Started)));
        }
        else
        {
            context.Findings.Error(ManifestCodes.WrongType, node.Span,
                $"'{context.Field}' takes a list or a mapping of services, this is {Nodes.Describe(node)}", "write one service per line, each after '- '");
        }

        value = new(found.DrainToImmutable());
        return context.Findings.Errors == errors;
    }
}

/// <summary>A list of <c>NAME:ADDRESS</c>, or a mapping from names to addresses.</summary>
internal sealed class ExtraHostsShape() : Shape<EquatableArray<HostAlias>>("list of NAME:ADDRESS")
{
    internal override string Format(EquatableArray<HostAlias> value) => "[]";

    internal override bool TryBindWritten(YamlNode node, BindContext context, out EquatableArray<HostAlias> value)
    {
        IEnumerable<(string Text, SourceSpan Span)> written = node switch
        {
            YamlNode.Mapping mapping => mapping.Entries.Select(entry => ($"{entry.Key}={(entry.Value as YamlNode.Scalar)?.Text}", entry.Value.Span)),
            YamlNode.Sequence list => list.Items.Select(item => ((item as YamlNode.Scalar)?.Text ?? "", item.Span)),
            _ => [("", node.Span)],
        };
        var errors = context.Findings.Errors;
        var aliases = ImmutableArray.CreateBuilder<HostAlias>();
        foreach (var (text, span) in written)
        {
            if (ComposeSyntax.ExtraHost(text) is { } alias)
            {
                aliases.Add(alias);
            }
            else
            {
                context.Findings.Error(ManifestCodes.InvalidValue, span, $"'{context.Field}' takes a name and an address, this is '{Excerpt.Of(text)}'",
                    "write \"plc=10.0.0.7\"; host-gateway is not offered");
            }
        }

        value = new(aliases.DrainToImmutable());
        return context.Findings.Errors == errors;
    }
}
