using GitOps.Manifests.Foreign;

namespace GitOps.Manifests.KubeEdge;

/// <summary>
/// The device resources of KubeEdge, as their CustomResourceDefinitions type them (<c>devices.kubeedge.io</c>, as served by
/// KubeEdge 1.15 and later). Keys that are not here are pruned by an API server without a word.
/// </summary>
internal static class KubeEdgeTypes
{
    public const string Group = "devices.kubeedge.io/";

    private const string Head = "apiVersion:s kind:s metadata:*";

    private const string Visitor = "visitors:{protocolName:s configData:{...}}";

    private const string Push = """
        pushMethod:{
          http:{hostName:s port:i requestPath:s timeout:i}
          mqtt:{address:s topic:s qos:i retained:b}
          otel:{endpointURL:s}
          dbMethod:{
            influxdb2:{influxdb2ClientConfig:{url:s org:s bucket:s} influxdb2DataConfig:{measurement:s tag:<s> fieldKey:s}}
            redis:{redisClientConfig:{addr:s db:i poolsize:i minIdleConns:i}}
            TDEngine:{TDEngineClientConfig:{addr:s dbName:s}}
            mysql:{mysqlClientConfig:{addr:s database:s userName:s}}}
          anomalyDetection:{...}}
        """;

    private const string OldSelector = "[{key!:s operator!:s values:[s]}]";

    private const string OldModbusVisitor = """
        modbus:{register:s(CoilRegister|DiscreteInputRegister|InputRegister|HoldingRegister) offset:i limit:i scale:f isSwap:b
          isRegisterSwap:b}
        """;

    private const string OldBluetoothVisitor = """
        bluetooth:{characteristicUUID:s dataWrite:<s> dataConverter:{
          startIndex:i endIndex:i shiftLeft:i shiftRight:i orderOfOperations:[{operationType:s operationValue:f}]}}
        """;

    private const string OldProtocol = """
        protocol:{
          modbus:{slaveID:i} bluetooth:{macAddress:s}
          opcua:{url:s userName:s password:s securityPolicy:s securityMode:s certificate:s privateKey:s timeout:i}
          customizedProtocol:{protocolName:s configData:{...}}
          common:{
            com:{serialPort:s baudRate:i(115200|57600|38400|19200|9600|4800|2400|1800|1200|600|300|200|150|134|110|75|50)
              dataBits:i(8|7|6|5) parity:s(none|even|odd) stopBits:i(1|2)}
            tcp:{ip:s port:i} commType:s reconnTimeout:i reconnRetryTimes:i collectTimeout:i collectRetryTimes:i
            collectType:s(sync|async) customizedValues:{...}}}
        """;

    private const string OldTwin = "{value!:s metadata:<s>}";

    private static readonly ForeignType Device = ForeignType.Of($$"""
        { {{Head}} spec:{
          deviceModelRef:{name:s} nodeName:s protocol:{protocolName:s configData:{...} } stateReport:{reportCycle:i reportToCloud:b}
          methods:[{name:s description:s propertyNames:[s]}]
          properties:[{name:s desired:{value!:s metadata:<s>} collectCycle:i reportCycle:i reportToCloud:b {{Visitor}} {{Push}} }]}
         status:{reportCycle:i reportToCloud:b ...} }
        """);

    private static readonly ForeignType DeviceModel = ForeignType.Of($$"""
        { {{Head}} spec:{protocol:s protocolConfigData:{...}
          properties:[{name:s description:s type:s(INT|FLOAT|DOUBLE|STRING|BOOLEAN|BYTES|STREAM) accessMode:s(ReadWrite|ReadOnly)
            minimum:s maximum:s unit:s {{Visitor}} }]} }
        """);

    private static readonly ForeignType OldDevice = ForeignType.Of($$"""
        { {{Head}} spec:{
          deviceModelRef:{name:s} {{OldProtocol}}
          data:{dataTopic:s dataProperties:[{propertyName:s metadata:<s>}] }
          nodeSelector:{nodeSelectorTerms!:[{matchExpressions:{{OldSelector}} matchFields:{{OldSelector}} }]}
          propertyVisitors:[{propertyName:s collectCycle:i reportCycle:i customizedValues:{...}
            customizedProtocol:{protocolName:s configData:{...} } opcua:{nodeID:s browseName:s}
            {{OldModbusVisitor}} {{OldBluetoothVisitor}} }]}
         status:{twins:[{propertyName:s desired:{{OldTwin}} reported:{{OldTwin}} }]} }
        """);

    private static readonly ForeignType OldDeviceModel = ForeignType.Of($$"""
        { {{Head}} spec:{protocol:s properties:[{name:s description:s type:{
          int:{accessMode:s(ReadWrite|ReadOnly) defaultValue:i minimum:i maximum:i unit:s}
          float:{accessMode:s(ReadWrite|ReadOnly) defaultValue:f minimum:f maximum:f unit:s}
          double:{accessMode:s(ReadWrite|ReadOnly) defaultValue:f minimum:f maximum:f unit:s}
          string:{accessMode:s(ReadWrite|ReadOnly) defaultValue:s} boolean:{accessMode:s(ReadWrite|ReadOnly) defaultValue:b}
          bytes:{accessMode:s(ReadWrite|ReadOnly)} } }] } }
        """);

    /// <summary>Null for a kind or version that no API server serves.</summary>
    public static ForeignType? Of(string kind, string apiVersion) => (kind, apiVersion) switch
    {
        ("Device", Group + "v1beta1") => Device,
        ("DeviceModel", Group + "v1beta1") => DeviceModel,
        ("Device", Group + "v1alpha2") => OldDevice,
        ("DeviceModel", Group + "v1alpha2") => OldDeviceModel,
        _ => null,
    };
}
