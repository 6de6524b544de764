using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Shapes;

/// <summary>The shapes of single values that several kinds use.</summary>
internal static class Scalars
{
    public static readonly Shape<string> Text = OfText("text", "text", "write text", _ => true);

    /// <summary>Text of at least one character that is no blank.</summary>
    public static readonly Shape<string> NonEmpty = OfText("text", "text that is not empty", "write text",
        text => !string.IsNullOrWhiteSpace(text));

    public static readonly Shape<string> Name = new ScalarShape<string>(
        "name", "a name", "use a-z, 0-9 and inner hyphens, at most 63 characters", OnlyIf(text => Label.IsValid(text)))
    { Code = ManifestCodes.InvalidName, Says = ScalarForms.Name };

    public static readonly Shape<bool> Bool = new ScalarShape<bool>("boolean", "true or false", "write true or false",
        (YamlNode.Scalar scalar, out bool value) => PlainScalar.TryBool(scalar.Text, out value) & scalar.IsPlain,
        value => value ? "true" : "false")
    { Says = ScalarForms.Bool };

    public static readonly Shape<decimal> Number =
        new ScalarShape<decimal>("number", "a number", "write digits, without quotes",
        (YamlNode.Scalar scalar, out decimal value) => PlainScalar.TryNumber(scalar.Text, out value) & scalar.IsPlain,
        DecimalText.Format)
        { Says = ScalarForms.Number };

    public static readonly Shape<int> Port = Integer("port", 1, 65_535);

    public static readonly Shape<TimeSpan> Duration = DurationOf(TimeSpan.Zero, "a duration");

    /// <summary>Longer than nothing.</summary>
    public static readonly Shape<TimeSpan> PositiveDuration = DurationOf(TimeSpan.FromMilliseconds(1), "a duration longer than nothing");

    /// <summary>With a least of its own.</summary>
    public static Shape<TimeSpan> DurationFrom(TimeSpan minimum) => DurationOf(minimum, $"a duration of {Quantities.FormatDuration(minimum)} or more");

    public static readonly Shape<long> Size = new ScalarShape<long>(
        "size", "a size", "write a whole number and a unit: 500k, 10Mi, 1Gi",
        (YamlNode.Scalar scalar, out long value) => Quantities.TryParseSize(scalar.Text, out value),
        Quantities.FormatSize)
    { Says = ScalarForms.Size };

    public static readonly Shape<Guid> Uuid = new ScalarShape<Guid>(
        "uuid", "a UUID", "write one that no other fleet has, as 'uuidgen' prints it",
        (YamlNode.Scalar scalar, out Guid value) =>
            Guid.TryParseExact(scalar.Text, "D", out value) && value != Guid.Empty)
    { Says = ScalarForms.Uuid };

    public static readonly Shape<string> AbsolutePath = OfText("path", "an absolute path on the node",
        "start with '/', without '.', '..' or empty segments", Paths.IsAbsolute, ScalarForms.AbsolutePath);

    public static readonly Shape<string> RelativeName =
        OfText("file name", "a file name inside of the unit's directory",
        "write a name like app.conf or conf/app.conf, without '.', '..' or a leading '/'", Paths.IsRelative, ScalarForms.RelativeName);

    public static readonly Shape<string> Mode =
        OfText("mode", "permission bits as four octal digits", "write it in quotes, like \"0644\"",
        text => text.Length == 4 && !text.AsSpan().ContainsAnyExceptInRange('0', '7'), ScalarForms.Mode);

    public static readonly Shape<string> User = OfText("user name", "a user or group name",
        "use a-z, 0-9, '_' and '-', beginning with a letter or '_', at most 32 characters",
        text => text.Length is > 0 and <= 32 &&
            (char.IsAsciiLetter(text[0]) || text[0] == '_' || char.IsAsciiDigit(text[0])) &&
            text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'), ScalarForms.User);

    public static readonly Shape<string> EnvironmentName = OfText("variable name", "a name of an environment variable",
        "use letters, digits and '_', not beginning with a digit",
        text => text.Length is > 0 and <= 255 && !char.IsAsciiDigit(text[0]) &&
            text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'), ScalarForms.EnvironmentName);

    public static readonly Shape<string> Host =
        OfText("host", "a host name or IP address", "write a name or an address, without scheme and port",
        text => Uri.CheckHostName(text) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6,
        ScalarForms.Host);

    public static readonly Shape<string> HttpUrl = Url("http", "https");

    public static readonly Shape<string> MqttUrl = Url("mqtt", "mqtts", "ws", "wss");

    public static readonly Shape<DeviceValue> DeviceValue = new ScalarShape<DeviceValue>(
        "value", "a number, true, false or text", "write a single value",
        (YamlNode.Scalar scalar, [MaybeNullWhen(false)] out DeviceValue value) =>
        {
            value = scalar.IsPlain && PlainScalar.TryBool(scalar.Text, out var boolean)
                ? new DeviceValue.Boolean(boolean)
                : scalar.IsPlain && PlainScalar.TryNumber(scalar.Text, out var number) ? new DeviceValue.Number(number)
                : new DeviceValue.Text(scalar.Text);
            return true;
        })
    { Says = ScalarForms.Anything };

    public static Shape<int> Integer(string name, int minimum, int maximum) => new ScalarShape<int>(
        name, $"a whole number from {minimum} to {maximum}",
            $"write a number from {minimum} to {maximum}, without quotes",
        (YamlNode.Scalar scalar, out int value) =>
        {
            var isInteger = PlainScalar.TryInteger(scalar.Text, out var number) && scalar.IsPlain &&
                number >= minimum && number <= maximum;
            value = isInteger ? (int)number : 0;
            return isInteger;
        },
        value => value.ToString(CultureInfo.InvariantCulture))
    { Says = ScalarForms.Integer(minimum, maximum) };

    /// <summary>One of a few words. Each is given with what it means.</summary>
    public static Shape<T> OneOf<T>(params (string Text, T Value)[] choices)
        where T : struct, Enum => new ScalarShape<T>(
        string.Join(" \\| ", choices.Select(choice => $"`{choice.Text}`")),
        $"one of {string.Join(", ", choices.Select(choice => choice.Text))}",
        $"write {string.Join(" or ", choices.Select(choice => choice.Text))}",
        (YamlNode.Scalar scalar, out T value) =>
        {
            foreach (var choice in choices)
            {
                if (choice.Text == scalar.Text)
                {
                    value = choice.Value;
                    return true;
                }
            }

            value = default;
            return false;
        },
        value => choices.First(choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Text)
        { Says = ScalarForms.OneOf([.. choices.Select(choice => choice.Text)]) };

    public static Shape<string> OfText(string name, string expects, string fix, Func<string, bool> isValid, ScalarForm? says = null) =>
        new ScalarShape<string>(name, expects, fix, OnlyIf(isValid), text => text.Length == 0 ? "\"\"" : text)
        { Says = says ?? ScalarForm.Text };

    private static ScalarConversion<string> OnlyIf(Func<string, bool> isValid) =>
        (YamlNode.Scalar scalar, [MaybeNullWhen(false)] out string value) =>
        {
            value = scalar.Text;
            return isValid(scalar.Text);
        };

    private static ScalarShape<TimeSpan> DurationOf(TimeSpan minimum, string expects) => new(
        "duration", expects,
        "write whole numbers with units, largest first: 500ms, 90s, 5m, 1h30m, 2d",
        (YamlNode.Scalar scalar, out TimeSpan value) =>
            Quantities.TryParseDuration(scalar.Text, out value) && value >= minimum,
        Quantities.FormatDuration)
    { Says = ScalarForms.Duration };

    private static Shape<string> Url(params string[] schemes) =>
        OfText("url", $"a URL with {string.Join(", ", schemes)}",
        $"write it like {schemes[0]}://host:port/",
        text => Uri.TryCreate(text, UriKind.Absolute, out var url) && schemes.Contains(url.Scheme) &&
            url.Host.Length > 0 &&
            url.UserInfo.Length == 0, ScalarForms.Url(schemes));
}
