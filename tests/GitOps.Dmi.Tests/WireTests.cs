using GitOps.Dmi.Control;
using GitOps.Dmi.Mappers;
using GitOps.Dmi.Wire;
using Google.Protobuf;

namespace GitOps.Dmi.Tests;

/// <summary>
/// Bytes as protocol buffers have them by the numbers and types of fields that mappers know, put together here by hand: a name
/// changes nothing on the wire, a number or a type everything.
/// </summary>
public sealed class WireTests
{
    private static readonly DeviceConfig Oven = new("opcua",
        [new Setting("lazy", "true", "bool"), new Setting("port", "4840", "integer"), new Setting("ratio", "12.5", "decimal"), new Setting("url", "opc", "text")],
        [new PropertyConfig("sp", "DOUBLE", [new Setting("id", "i4", "text")]) { CycleMs = 300, Unit = "C", Minimum = "0", Maximum = "9" }]);

    [Fact]
    public void A_device_has_the_bytes_that_mappers_read() => Assert.Equal(
        Bytes(
            Field(1, Text("o1")),
            Field(2,
                Field(1, Text("o1")),
                Field(2,
                    Field(1, Text("opcua")),
                    Field(2,
                        Entry("lazy", "BoolValue", [0x08, 1]),
                        Entry("port", "Int64Value", [0x08, 0xE8, 0x25]),
                        Entry("ratio", "FloatValue", [0x0D, 0, 0, 0x48, 0x41]),
                        Entry("url", "StringValue", Field(1, Text("opc"))))),
                Field(3,
                    Field(1, Text("sp")),
                    Field(2, Field(2, Field(1, Text("type")), Field(2, Text("double")))),
                    Field(3, Field(1, Text("opcua")), Field(2, Entry("id", "StringValue", Field(1, Text("i4"))))),
                    [0x20, 0xAC, 2], // reportCycle 300
                    [0x28, 0xAC, 2], // collectCycle 300
                    [0x30, 1])), // reportToCloud
            Field(3, [0x10, 1], [0x18, 0x88, 0x27]), // reportToCloud, reportCycle 5000
            Field(4, Text("default"))),
        Messages.Device("o1", Oven).ToByteArray());

    [Fact]
    public void A_model_has_the_bytes_that_mappers_read_and_is_writable_where_something_is_written()
    {
        Assert.Equal(Model("ReadOnly"), Messages.Model("o1", Oven).ToByteArray());
        Assert.Equal(Model("ReadWrite"), Messages.Model("o1", Oven, new WriteOrder("sp", "7", 1_000, true)).ToByteArray());

        static byte[] Model(string access) => Bytes(
            Field(1, Text("o1")),
            Field(2, Field(1,
                Field(1, Text("sp")), Field(3, Text("DOUBLE")), Field(4, Text(access)), Field(5, Text("0")), Field(6, Text("9")), Field(7, Text("C")))),
            Field(3, Text("default")));
    }

    [Fact]
    public void What_mappers_send_is_read()
    {
        var register = MapperRegisterRequest.Parser.ParseFrom(Bytes(
            [0x08, 1],
            Field(2, Field(1, Text("m")), Field(2, Text("v1")), Field(3, Text("v1.0.0")), Field(4, Text("opcua")), Field(5, Text("/m.sock")), Field(6, Text("ok")))));
        Assert.Equal((true, "m", "v1", "v1.0.0", "opcua", "/m.sock", "ok"), (register.WithData, register.Mapper.Name, register.Mapper.Version,
            register.Mapper.ApiVersion, register.Mapper.Protocol, register.Mapper.Address.ToStringUtf8(), register.Mapper.State));

        var status = ReportDeviceStatusRequest.Parser.ParseFrom(Bytes(
            Field(1, Text("o1")),
            Field(2, Field(1, Field(1, Text("sp")), Field(2, Field(1, Text("7"))), Field(3, Field(1, Text("6.5")), Field(2, Field(1, Text("type")), Field(2, Text("double")))))),
            Field(3, Text("default"))));
        var twin = Assert.Single(status.ReportedDevice.Twins);
        Assert.Equal(("o1", "default", "sp", "7", "6.5", "double"),
            (status.DeviceName, status.DeviceNamespace, twin.PropertyName, twin.ObservedDesired.Value, twin.Reported.Value, twin.Reported.Metadata["type"]));

        var states = ReportDeviceStatesRequest.Parser.ParseFrom(Bytes(Field(1, Text("o1")), Field(2, Text("default")), Field(3, Text("offline"))));
        Assert.Equal(("o1", "default", "offline"), (states.DeviceName, states.DeviceNamespace, states.State));
    }

    [Fact]
    public void Answers_and_orders_have_the_numbers_that_mappers_know()
    {
        Assert.Equal(Bytes(Field(1, Field(1, Text("a"))), Field(2, Field(1, Text("b")))),
            new MapperRegisterResponse { ModelList = { new DeviceModel { Name = "a" } }, DeviceList = { new Device { Name = "b" } } }.ToByteArray());
        Assert.Equal(Bytes(Field(1, Text("a")), Field(2, Text("b"))), new RemoveDeviceRequest { DeviceName = "a", DeviceNamespace = "b" }.ToByteArray());
        Assert.Equal(Bytes(Field(1, Text("a")), Field(2, Text("b"))), new RemoveDeviceModelRequest { ModelName = "a", ModelNamespace = "b" }.ToByteArray());
        var device = Bytes(Field(1, Field(1, Text("b"))));
        Assert.Equal(device, new RegisterDeviceRequest { Device = new Device { Name = "b" } }.ToByteArray());
        Assert.Equal(device, new UpdateDeviceRequest { Device = new Device { Name = "b" } }.ToByteArray());
        Assert.Equal(device, new CreateDeviceModelRequest { Model = new DeviceModel { Name = "b" } }.ToByteArray());
    }

    [Fact]
    public void Services_and_methods_have_the_paths_that_mappers_call_and_serve()
    {
        Assert.Equal(["v1beta1.DeviceManagerService/MapperRegister", "v1beta1.DeviceManagerService/ReportDeviceStatus", "v1beta1.DeviceManagerService/ReportDeviceStates"],
            Paths(DeviceManagerService.Descriptor));
        Assert.Equal(
            new[] { "RegisterDevice", "RemoveDevice", "UpdateDevice", "CreateDeviceModel", "RemoveDeviceModel", "UpdateDeviceModel", "GetDevice" }
                .Select(method => $"v1beta1.DeviceMapperService/{method}"),
            Paths(DeviceMapperService.Descriptor));

        static IEnumerable<string> Paths(Google.Protobuf.Reflection.ServiceDescriptor service) => service.Methods.Select(method => $"{service.FullName}/{method.Name}");
    }

    [Fact]
    public void While_a_value_is_written_a_slow_property_is_read_each_second_and_no_other()
    {
        var config = Oven with { Properties = [Oven.Properties[0] with { CycleMs = 60_000 }, Oven.Properties[0] with { Name = "other", CycleMs = 60_000 }] };
        var order = new WriteOrder("sp", "7", 1_000, Confirm: true);

        var device = Messages.Device("o1", config, order);

        Assert.Equal([("sp", "7", 1_000L), ("other", "", 60_000L)], device.Spec.Properties.Select(p => (p.Name, p.Desired.Value, p.CollectCycle)));
        Assert.True(Messages.IsHurried(config.Properties[0], order));
        Assert.False(Messages.IsHurried(Oven.Properties[0], order));
    }

    private static byte[] Text(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    /// <summary>A member of a map of Any: 1 the key, 2 the value with 1 its type and 2 its bytes.</summary>
    private static byte[] Entry(string key, string type, byte[] value) =>
        Field(1, Field(1, Text(key)), Field(2, Field(1, Text($"type.googleapis.com/google.protobuf.{type}")), Field(2, value)));

    /// <summary>A field of the wire type 2: text, bytes or a message. All here are shorter than 16,384.</summary>
    private static byte[] Field(int number, params byte[][] parts)
    {
        var length = parts.Sum(part => part.Length);
        return Bytes([(byte)((number << 3) | 2)], length < 128 ? [(byte)length] : [(byte)(length | 0x80), (byte)(length >> 7)], Bytes(parts));
    }

    private static byte[] Bytes(params byte[][] parts) => [.. parts.SelectMany(part => part)];
}
