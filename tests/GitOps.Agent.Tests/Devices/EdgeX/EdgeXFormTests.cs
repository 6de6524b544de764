using System.Text.Json;
using GitOps.Agent.Devices.EdgeX;

namespace GitOps.Agent.Tests.Devices.EdgeX;

/// <summary>What makes two documents of EdgeX the same, and what does not.</summary>
public sealed class EdgeXFormTests
{
    [Theory]
    [InlineData(EdgeXKind.Device, """{"name":"d","labels":[],"tags":{},"description":"","autoEvents":null}""", """{"name":"d"}""")]
    [InlineData(EdgeXKind.Device, """{"name":"d"}""", """{"name":"d","id":"1","created":1,"modified":2,"apiVersion":"v3","operatingState":"DOWN","adminState":"LOCKED"}""")]
    [InlineData(EdgeXKind.Device, """{"name":"d","autoEvents":[{"interval":"1s","sourceName":"a"}]}""",
        """{"name":"d","autoEvents":[{"sourceName":"a","interval":"1s","onChange":false,"onChangeThreshold":0,"retention":{"maxCap":0,"minCap":0,"duration":""}}]}""")]
    [InlineData(EdgeXKind.Profile, """{"name":"p","deviceResources":[{"name":"a","properties":{"valueType":"int16","readWrite":"R","scale":0.10}}]}""",
        """{"name":"p","deviceResources":[{"isHidden":false,"name":"a","attributes":null,"properties":{"readWrite":"R","valueType":"Int16","scale":1e-1,"units":""}}],"deviceCommands":[]}""")]
    [InlineData(EdgeXKind.Watcher, """{"name":"w","discoveredDevice":{"adminState":"UNLOCKED"}}""", """{"name":"w","discoveredDevice":{"adminState":"UNLOCKED","profileName":"","autoEvents":[]}}""")]
    public void Is_the_same(EdgeXKind kind, string desired, string found) => Assert.Empty(EdgeXForm.Differences(Read(kind, desired), Read(kind, found)));

    [Theory]
    [InlineData(EdgeXKind.Device, """{"name":"d","adminState":"UNLOCKED"}""", """{"name":"d","adminState":"LOCKED"}""", "adminState")]
    [InlineData(EdgeXKind.Device, """{"name":"d","protocols":{"x":{"On":false}}}""", """{"name":"d","protocols":{"x":{}}}""", "protocols")]
    [InlineData(EdgeXKind.Device, """{"name":"d","protocols":{"x":{"Port":502}}}""", """{"name":"d","protocols":{"x":{"Port":"502"}}}""", "protocols")]
    [InlineData(EdgeXKind.Device, """{"name":"d"}""", """{"name":"d","description":"by hand","tags":{"a":1}}""", "description,tags")]
    [InlineData(EdgeXKind.Device, """{"name":"d","labels":["a","b"]}""", """{"name":"d","labels":["b","a"]}""", "labels")]
    [InlineData(EdgeXKind.Profile, """{"name":"p","deviceResources":[{"name":"a","properties":{"minimum":0}}]}""", """{"name":"p","deviceResources":[{"name":"a","properties":{}}]}""", "deviceResources")]
    [InlineData(EdgeXKind.Profile, """{"name":"p","deviceResources":[{"name":"a"},{"name":"b"}]}""", """{"name":"p","deviceResources":[{"name":"b"},{"name":"a"}]}""", "deviceResources")]
    public void Is_not_the_same(EdgeXKind kind, string desired, string found, string fields) =>
        Assert.Equal(fields, string.Join(',', EdgeXForm.Differences(Read(kind, desired), Read(kind, found))));

    [Theory]
    [InlineData("3.1.1", 3)]
    [InlineData("4.0.2", 4)]
    [InlineData("4.1.0-dev.127", 4)]
    [InlineData("2.3.0", 2)]
    [InlineData("0.0.0", 4)]
    [InlineData("to be replaced by makefile", 4)]
    [InlineData("", 4)]
    public void The_version_is_told_by_its_first_number(string text, int major) => Assert.Equal(major, EdgeXVersion.Of(text).Major);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"devices\":{}}")]
    [InlineData("{\"devices\":[1]}")]
    [InlineData("{\"profiles\":[{\"name\":\"\"}]}")]
    public void What_is_no_list_of_objects_is_said(string text)
    {
        var (objects, problem) = EdgeXObjects.Read(System.Text.Encoding.UTF8.GetBytes(text), "mark");

        Assert.Null(objects);
        Assert.StartsWith("what is desired of EdgeX cannot be read", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_circle_of_parents_ends_and_parents_come_first()
    {
        var (objects, _) = EdgeXObjects.Read("""
            {"devices":[{"name":"c","parent":"b"},{"name":"b","parent":"a"},{"name":"a"},{"name":"x","parent":"y"},{"name":"y","parent":"x"}]}
            """u8.ToArray(), "mark");

        Assert.Equal(["a", "b", "c", "y", "x"], objects!.All.Select(one => one.Name));
    }

    private static EdgeXObject Read(EdgeXKind kind, string json)
    {
        using var document = JsonDocument.Parse(json);
        return EdgeXObject.Read(kind, document.RootElement)!;
    }
}
