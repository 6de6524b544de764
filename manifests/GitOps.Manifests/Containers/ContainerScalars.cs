using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Containers;

/// <summary>A text of a foreign file and where it stands.</summary>
internal sealed record Located(string Text, SourceSpan Span)
{
    public override string ToString() => Text;
}

/// <summary>Single values as Kubernetes and Compose write them.</summary>
internal static class ContainerScalars
{
    public static readonly Shape<Located> Text = LocatedText("text", "text", _ => true);

    public static readonly Shape<Located> NonEmpty = LocatedText("text", "text that is not empty", text => text.Length > 0);

    public static readonly Shape<Located> Port = LocatedText("port", "a port from 1 to 65535",
        text => PlainScalar.TryInteger(text, out var number) && number is > 0 and < 65_536);

    /// <summary>Compose takes it with and without quotes.</summary>
    public static readonly Shape<int> PublishedPort = new ScalarShape<int>("port", "a port of the node", "write one port from 1 to 65535",
        (YamlNode.Scalar scalar, out int value) => int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is > 0 and < 65_536);

    /// <summary>Compose takes it with and without quotes.</summary>
    public static readonly Shape<int> LogFiles = new ScalarShape<int>("integer", "a number of files from 1 to 100", "write 3",
        (YamlNode.Scalar scalar, out int value) => int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is > 0 and <= 100,
        value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary><c>0440</c>, <c>"0440"</c> or, as YAML 1.2 writes octal, <c>0o440</c>.</summary>
    public static readonly Shape<string> GrantMode = new ScalarShape<string>("mode", "permission bits", "write \"0440\"",
        (YamlNode.Scalar scalar, [MaybeNullWhen(false)] out string mode) =>
        {
            var digits = scalar.Text.StartsWith("0o", StringComparison.Ordinal) ? scalar.Text[2..] : scalar.Text.TrimStart('0');
            mode = digits.PadLeft(4, '0');
            return mode.Length == 4 && !mode.AsSpan().ContainsAnyExceptInRange('0', '7');
        });

    public static readonly Shape<YamlNode> Anything = new AnyShape();

    public static readonly Shape<Located> Image = LocatedText("image", "an image",
        text => text.Length > 0 && !text.Any(char.IsWhiteSpace), "registry.example/web@sha256:<digest>");

    public static readonly Shape<int> Number = Scalars.Integer("integer", 0, int.MaxValue);

    public static readonly Shape<int> Count = Scalars.Integer("integer", 1, 10_000);

    /// <summary>Whole seconds, at most a day.</summary>
    public static readonly Shape<int> Seconds = Scalars.Integer("seconds", 0, 86_400);

    public static readonly Shape<PortProtocol> Protocol = Scalars.OneOf(
        ("TCP", PortProtocol.Tcp), ("UDP", PortProtocol.Udp));

    /// <summary>Kubernetes: <c>2</c>, <c>0.5</c>, <c>500m</c>. In thousandths.</summary>
    public static readonly Shape<int> Cpu = new ScalarShape<int>("cpu", "a number of processors", "write 2, 0.5 or 500m", TryCpu)
    { Says = ScalarForms.Processors };

    /// <summary>Kubernetes: <c>64Mi</c>, <c>1Gi</c>, <c>500M</c>, <c>1e9</c>, bytes.</summary>
    public static readonly Shape<long> Memory = new ScalarShape<long>("memory", "a size", "write 64Mi, 1Gi, 500M or bytes",
        (YamlNode.Scalar scalar, out long bytes) => Quantities.TryParseSize(scalar.Text, out bytes) || TryExponent(scalar.Text, out bytes));

    /// <summary>Compose: <c>64m</c>, <c>1gb</c>, <c>512k</c>, bytes; a unit is a power of 1024.</summary>
    public static readonly Shape<long> ByteValue = new ScalarShape<long>("byte value", "a size", "write 64m, 1g, 512k or bytes",
        (YamlNode.Scalar scalar, out long bytes) => TryBytes(scalar.Text, out bytes));

    /// <summary>Compose: <c>1m30s</c>, <c>500ms</c>. At most a day.</summary>
    public static readonly Shape<TimeSpan> ComposeDuration = new ScalarShape<TimeSpan>("duration", "a duration of at most a day",
        "write 10s, 1m30s or 500ms",
        (YamlNode.Scalar scalar, out TimeSpan value) =>
            (Quantities.TryParseDuration(scalar.Text, out value) || (scalar.Text == "0" && value == TimeSpan.Zero)) && value <= TimeSpan.FromDays(1),
        Quantities.FormatDuration);

    public static readonly Shape<string> Signal = Scalars.OfText("signal", "a signal", "write it like SIGTERM or 15",
        text => text.Length is > 0 and < 16 && text.All(char.IsAsciiLetterOrDigit));

    public static readonly Shape<string> Capability = Scalars.OfText("capability", "a Linux capability", "write it like NET_ADMIN, or ALL",
        text => text.Length is > 0 and < 64 && text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_'));

    public static readonly Shape<string> ContainerPath = Scalars.OfText("path", "an absolute path in the container",
        "start with '/', without '..'", text => text == "/" || Paths.IsAbsolute(text.Length > 1 ? text.TrimEnd('/') : text));

    public static readonly Shape<string> SubPath = Scalars.OfText("path", "a path inside of the volume",
        "write it without a leading '/' and without '..'", text => Paths.IsRelative(text.TrimEnd('/')));

    /// <summary>Only <c>false</c>: what it would turn on is nothing a node can do.</summary>
    public static Shape<bool> OnlyFalse(string fix) => new ScalarShape<bool>("`false`", "false on a node", fix,
        (YamlNode.Scalar scalar, out bool value) => PlainScalar.TryBool(scalar.Text, out value) && scalar.IsPlain && !value)
    { Code = ManifestCodes.Unsupported };

    /// <summary>One word; any other is nothing a node can do.</summary>
    public static Shape<string> Only(string fix, params string[] words) => new ScalarShape<string>(
        string.Join(" \\| ", words.Select(word => $"`{word}`")), $"{string.Join(" or ", words)} on a node", fix,
        (YamlNode.Scalar scalar, [MaybeNullWhen(false)] out string value) =>
        {
            value = scalar.Text;
            return words.Contains(scalar.Text);
        })
    { Code = ManifestCodes.Unsupported, Says = ScalarForms.OneOf(words) };

    public static bool TryCpu(YamlNode.Scalar scalar, out int millis)
    {
        var text = scalar.Text;
        var isMilli = text.EndsWith('m');
        var isNumber = decimal.TryParse(isMilli ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        var exact = isNumber && number < 1_000_000 ? (isMilli ? number : number * 1000) : 0;
        millis = (int)decimal.Ceiling(exact);
        return millis > 0;
    }

    public static bool TryBytes(string text, out long bytes)
    {
        var lower = text.ToLowerInvariant();
        lower = lower.EndsWith('b') ? lower[..^1] : lower;
        var unit = lower.Length > 0 && char.IsAsciiLetter(lower[^1]) ? lower[^1] : ' ';
        var digits = unit == ' ' ? lower : lower[..^1];
        var shift = unit switch { ' ' => 0, 'k' => 10, 'm' => 20, 'g' => 30, 't' => 40, _ => -1 };
        bytes = 0;
        if (shift < 0 || !decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ||
            number * (1L << shift) > long.MaxValue)
        {
            return false;
        }

        bytes = (long)(number * (1L << shift));
        return bytes > 0;
    }

    private static bool TryExponent(string text, out long bytes)
    {
        var isNumber = decimal.TryParse(text, NumberStyles.AllowExponent | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) &&
            number is > 0 and < long.MaxValue;
        bytes = isNumber ? (long)number : 0;
        return isNumber;
    }

    private static ScalarShape<Located> LocatedText(string name, string expects, Func<string, bool> isValid, string example = "some text") => new(
        name, expects, "write text",
        (YamlNode.Scalar scalar, [MaybeNullWhen(false)] out Located value) =>
        {
            value = new(scalar.Text, scalar.Span);
            return isValid(scalar.Text);
        })
    { Says = ScalarForm.Text with { Example = example } };
}

/// <summary>
/// Whatever is written; templates in it count like any other. What it may be (<paramref name="choices"/>) is read later, when the
/// files and resources that it refers to are there.
/// </summary>
internal sealed class AnyShape(string name = "anything", Func<IReadOnlyList<Shape>>? choices = null) : Shape<YamlNode>(name)
{
    public override ShapeForm Form => new ShapeForm.Any(choices?.Invoke() ?? []);

    internal override bool TryBindWritten(YamlNode node, BindContext context, [MaybeNullWhen(false)] out YamlNode value)
    {
        value = node;
        return context.IsRendered || Accept(node, context);
    }

    private static bool Accept(YamlNode node, BindContext context) => node switch
    {
        _ when ValueReference.IsOne(node) => context.AcceptTemplate(node),
        YamlNode.Mapping mapping => mapping.Entries.All(entry => Accept(entry.Value, context)),
        YamlNode.Sequence list => list.Items.All(item => Accept(item, context)),
        YamlNode.Scalar { IsTemplate: true } => context.AcceptTemplate(node),
        _ => true,
    };
}
