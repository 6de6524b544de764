using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Kinds;

/// <summary>How a node reaches a device.</summary>
internal static class DeviceConnectionShapes
{
    private static readonly Shape<int> UnitId = Scalars.Integer("integer", 0, 255);

    private static readonly Shape<int> Seed = Scalars.Integer("integer", int.MinValue, int.MaxValue);

    private static readonly Shape<int> Baud = Scalars.Integer("integer", 300, 4_000_000);

    private static readonly Shape<LineParity> Parity =
        Scalars.OneOf(("none", LineParity.None), ("even", LineParity.Even), ("odd", LineParity.Odd));

    private static readonly Shape<int> StopBits = Scalars.Integer("integer", 1, 2);

    private static readonly Shape<SerialLine> Serial = new ObjectShape<SerialLine>("serial", s => new SerialLine(
        s.Required("path", Scalars.AbsolutePath, "the port on the node; `/dev/serial/by-id/…` stays the same when others are plugged in"))
    {
        Baud = s.OptionalValue("baud", Baud, "bits a second; otherwise 19200, as the specification of Modbus says"),
        Parity = s.OptionalValue("parity", Parity, "otherwise even, as the specification says; many devices are delivered with none"),
        StopBits = s.OptionalValue("stopBits", StopBits, "otherwise 1 with parity and 2 without, as the specification says"),
    });

    private static readonly string[] Schemes = ["mqtt", "mqtts", "ws", "wss", "http", "https"];

    private static readonly Shape<string> DeviceUrl = Scalars.OfText("url", $"a URL with {string.Join(", ", Schemes)}", "write it like mqtt://host:port or http://host:port/api",
        text => Uri.TryCreate(text, UriKind.Absolute, out var url) && Schemes.Contains(url.Scheme) && url.Host.Length > 0 && url.UserInfo.Length == 0 &&
                url.Query.Length == 0 && url.Fragment.Length == 0,
        ScalarForms.Url(Schemes));

    private static readonly Shape<string> HeaderName = Scalars.OfText("header", "a name of a header", "write it like Authorization or X-Api-Key; what describes the content is sent anyway",
        text => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && !text.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) &&
                !text.Equals("Host", StringComparison.OrdinalIgnoreCase) && !text.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase),
        new(ScalarTypes.Text) { Example = "Authorization" });

    // One text as it is written, holes of secrets and all; what it becomes is known when it is compiled.
    public static readonly Shape<EquatableArray<HttpHeader>> Headers = new MapShape<string, HttpHeader>("header", HeaderName, Scalars.Text,
        (name, value) => new(name, [new ContentPart.Text(value)]));

    public static readonly Shape<WrittenBroker> Broker = new EitherShape<WrittenBroker, string>(Scalars.MqttUrl, url => new(url), new ObjectShape<WrittenBroker>("broker", b =>
        LoginOf(b) with { Authority = b.Optional("ca", SharedShapes.Certificates, "certificates that the broker's is issued by, in PEM; otherwise those the node trusts") }));

    /// <summary>One that is trusted as what it belongs to.</summary>
    public static readonly Shape<WrittenBroker> Bus = new EitherShape<WrittenBroker, string>(Scalars.MqttUrl, url => new(url), new ObjectShape<WrittenBroker>("bus", LoginOf));

    // Its version is known when it is compiled.
    private static WrittenBroker LoginOf(Fields broker) => new(broker.Required("url", Scalars.MqttUrl, "where it is"))
    {
        User = broker.Optional("user", Scalars.NonEmpty, "who it knows the agent as"),
        Password = broker.Optional("password", SyncShapes.SecretKey, "of that user"),
    };

    private static EquatableArray<ContentPart> Hole(SecretReference? secret) => secret is null ? [] : [new ContentPart.Secret(secret.Name, secret.Key, default, File: null)];

    public static readonly Shape<DeviceConnection> Connection =
        new ObjectShape<DeviceConnection>("connection", c => new DeviceConnection
        {
            Host = c.Optional("host", Scalars.Host, "modbus-tcp: where it is"),
            Port = c.OptionalValue("port", Scalars.Port, "modbus-tcp: otherwise 502"),
            Serial = c.Optional("serial", Serial, "modbus-rtu: the line it is on; devices of one line say the same"),
            UnitId = c.OptionalValue("unitId", UnitId, "Modbus: otherwise 1; modbus-rtu has 1 to 247"),
            TimeoutMs = (int?)c.OptionalValue("timeout", Durations.Short,
            "Modbus, http, edgex: bound on one request; otherwise 1s; mapper: how long a written value may take to be confirmed; otherwise 10s")?.TotalMilliseconds,
            Url = c.Optional("url", DeviceUrl, "mqtt: the broker; http: what the paths of its properties are below; edgex: core-command"),
            Device = c.Optional("device", Scalars.NonEmpty, "edgex: what the device is called there"),
            Authority = c.Optional("ca", SharedShapes.Certificates, "mqtt, http, edgex: certificates that the device's or the broker's is issued by, in PEM; otherwise those the node trusts"),
            User = c.Optional("user", Scalars.NonEmpty, "mqtt: who the broker knows the agent as"),
            Password = Hole(c.Optional("password", SyncShapes.SecretKey, "mqtt: of that user")),
            Headers = c.Default("headers", Headers, [], "http, edgex: sent with every request; `{{ secret \"name/key\" }}` may stand in a value"),
            Mapper = c.Optional("mapper", MapperShapes.Connection, "mapper: the KubeEdge mapper that has it, and what the mapper is told of it"),
            Seed = c.OptionalValue("seed", Seed, "simulated: two of one seed play the same"),
        });
}
