using GitOps.Manifests.Foreign;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.KubeEdge;

/// <summary>v1alpha2 in the shape of v1beta1: types and visitors flat, one protocol with its configuration, desired values beside properties.</summary>
internal static class KubeEdgeUpgrade
{
    private const ForeignSyntax Syntax = ForeignSyntax.Kubernetes;

    public static YamlNode.Mapping Model(YamlNode.Mapping model)
    {
        var spec = new ForeignObject(model, Syntax).Object("spec");
        return Whole(model,
            ("protocol", spec.Node("protocol")),
            ("properties", TreeEdit.List(spec.SpanOf("properties"), spec.Items("properties").OfType<YamlNode.Mapping>().Select(Property))));
    }

    public static YamlNode.Mapping Device(YamlNode.Mapping device)
    {
        var root = new ForeignObject(device, Syntax);
        var spec = root.Object("spec");
        var twins = root.Object("status").Objects("twins").DistinctBy(twin => twin.Text("propertyName"))
            .ToDictionary(twin => twin.Text("propertyName"), twin => twin.Object("desired").Node("value"));
        var visitors = spec.Objects("propertyVisitors").ToList();
        var others = twins.Where(twin => visitors.TrueForAll(visitor => visitor.Text("propertyName") != twin.Key)).Select(twin =>
            TreeEdit.Map(spec.SpanOf("propertyVisitors"), ("name", TreeEdit.Text(spec.SpanOf("propertyVisitors"), twin.Key)), ("desired", DesiredOf(twin.Value))));
        return Whole(device,
            ("deviceModelRef", spec.Node("deviceModelRef")),
            ("nodeName", NodeOf(spec)),
            ("protocol", Protocol(spec)),
            ("properties", TreeEdit.List(spec.SpanOf("propertyVisitors"), visitors.Select(visitor => Visitor(visitor, twins)).Concat(others))));
    }

    private static YamlNode.Mapping Whole(YamlNode.Mapping old, params IEnumerable<(string Key, YamlNode? Value)> spec) =>
        old.Without(Syntax, "status").With(Syntax, "spec", TreeEdit.Map(new ForeignObject(old, Syntax).SpanOf("spec"), spec));

    private static YamlNode.Mapping Property(YamlNode.Mapping property)
    {
        var type = new ForeignObject(property, Syntax).Object("type").Entries.FirstOrDefault();
        var its = new ForeignObject(type.Value, Syntax);
        return TreeEdit.Map(property.Span,
            ("name", property.Find("name", Syntax)),
            ("description", property.Find("description", Syntax)),
            ("type", type.Key is null ? null : TreeEdit.Text(type.KeySpan, type.Key.ToUpperInvariant())),
            ("accessMode", its.Node("accessMode")),
            ("minimum", Text(its.Node("minimum"))),
            ("maximum", Text(its.Node("maximum"))),
            ("unit", its.Node("unit")));
    }

    private static YamlNode? NodeOf(ForeignObject spec) => spec.Object("nodeSelector").Objects("nodeSelectorTerms")
        .SelectMany(term => term.Objects("matchExpressions")).SelectMany(expression => expression.Items("values")).FirstOrDefault();

    private static YamlNode.Mapping? Protocol(ForeignObject spec)
    {
        var protocol = spec.Object("protocol");
        var own = protocol.Entries.FirstOrDefault(entry => entry.Key != "common");
        if (own.Key is null)
        {
            return null;
        }

        var custom = new ForeignObject(own.Value, Syntax);
        var isCustom = own.Key == "customizedProtocol";
        var common = protocol.Object("common");
        IEnumerable<YamlEntry> config =
        [
            .. (isCustom ? custom.Object("configData") : custom).Entries,
            .. common.Object("tcp").Entries, .. common.Object("com").Entries, .. common.Object("customizedValues").Entries,
        ];
        return TreeEdit.Map(own.KeySpan,
            ("protocolName", isCustom ? custom.Node("protocolName") : TreeEdit.Text(own.KeySpan, own.Key)),
            ("configData", TreeEdit.Map(own.KeySpan, config.DistinctBy(entry => entry.Key).Select(entry => (entry.Key, (YamlNode?)entry.Value)))));
    }

    private static YamlNode.Mapping Visitor(ForeignObject visitor, Dictionary<string, YamlNode?> twins)
    {
        var own = visitor.Entries.FirstOrDefault(entry => entry.Key is "modbus" or "opcua" or "bluetooth" or "customizedProtocol");
        var custom = new ForeignObject(own.Value, Syntax);
        var (name, config) = own.Key == "customizedProtocol"
            ? (custom.Node("protocolName"), visitor.Node("customizedValues") ?? custom.Node("configData"))
            : (own.Key is null ? null : TreeEdit.Text(own.KeySpan, own.Key), own.Value);
        var span = visitor.SpanOf("propertyName");
        return TreeEdit.Map(span,
            ("name", visitor.Node("propertyName")),
            ("desired", DesiredOf(twins.GetValueOrDefault(visitor.Text("propertyName")))),
            ("collectCycle", visitor.Node("collectCycle")),
            ("reportCycle", visitor.Node("reportCycle")),
            ("visitors", own.Key is null ? null : TreeEdit.Map(span, ("protocolName", name), ("configData", config))));
    }

    private static YamlNode.Mapping? DesiredOf(YamlNode? value) =>
        value is YamlNode.Scalar { Text.Length: > 0 } ? TreeEdit.Map(value.Span, ("value", value)) : null;

    private static YamlNode? Text(YamlNode? number) => number is YamlNode.Scalar scalar ? scalar with { IsPlain = false } : null;
}
