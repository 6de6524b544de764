using System.Text.Json.Serialization;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;

namespace GitOps.Bundles.Json;

/// <summary>Bundles, pointers and trust: what is signed or acted upon, so an unknown member is refused.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    Converters =
    [
        typeof(DecimalConverter), typeof(UtcTimeConverter), typeof(EquatableArrayConverter<DailyWindow>),
        typeof(EquatableArrayConverter<string>), typeof(EquatableArrayConverter<int>), typeof(EquatableArrayConverter<UnitId>),
        typeof(EquatableArrayConverter<UnitEnvelope>), typeof(EquatableArrayConverter<Probe>),
        typeof(EquatableArrayConverter<ContentPart>), typeof(EquatableArrayConverter<UnitFile>),
        typeof(EquatableArrayConverter<EnvironmentVariable>), typeof(EquatableArrayConverter<TimeServer>),
        typeof(EquatableArrayConverter<DeviceProperty>), typeof(EquatableArrayConverter<DsseSignature>),
        typeof(EquatableArrayConverter<TrustedKey>), typeof(EquatableArrayConverter<SealedSecret>), typeof(EquatableArrayConverter<HttpHeader>),
        typeof(EquatableArrayConverter<AlarmRule>), typeof(EquatableArrayConverter<MapperSetting>),
        typeof(EquatableArrayConverter<ReplicaPeer>),
        typeof(EquatableArrayConverter<ContainerSpec>),
        typeof(EquatableArrayConverter<GroupVolume>),
        typeof(EquatableArrayConverter<HostAlias>),
        typeof(EquatableArrayConverter<ContainerPort>),
        typeof(EquatableArrayConverter<ContainerMount>),
        typeof(EquatableArrayConverter<ContainerDependency>),
        typeof(EquatableArrayConverter<ContainerLabel>),
    ])]
[JsonSerializable(typeof(BundleDocument))]
[JsonSerializable(typeof(AgentSpec))]
[JsonSerializable(typeof(FileSpec))]
[JsonSerializable(typeof(WorkloadSpec))]
[JsonSerializable(typeof(VolumeSpec))]
[JsonSerializable(typeof(ClockSpec))]
[JsonSerializable(typeof(DeviceSpec))]
[JsonSerializable(typeof(UplinkSpec))]
[JsonSerializable(typeof(SyncSpec))]
[JsonSerializable(typeof(EdgeXSpec))]
[JsonSerializable(typeof(DailyWindow))]
[JsonSerializable(typeof(Pointer))]
[JsonSerializable(typeof(PointerLeaf))]
[JsonSerializable(typeof(PublicationStatement))]
[JsonSerializable(typeof(HeadStatement))]
[JsonSerializable(typeof(TimeStatement))]
[JsonSerializable(typeof(RootStatement))]
[JsonSerializable(typeof(SealedSecrets))]
[JsonSerializable(typeof(SealedSecret))]
[JsonSerializable(typeof(DsseEnvelope))]
[JsonSerializable(typeof(UnitId))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(ContentPart))]
[JsonSerializable(typeof(UnitEnvelope))]
[JsonSerializable(typeof(UnitFile))]
[JsonSerializable(typeof(EnvironmentVariable))]
[JsonSerializable(typeof(TimeServer))]
[JsonSerializable(typeof(DeviceProperty))]
[JsonSerializable(typeof(HttpHeader))]
[JsonSerializable(typeof(AlarmRule))]
[JsonSerializable(typeof(MapperSetting))]
[JsonSerializable(typeof(ReplicaPeer))]
[JsonSerializable(typeof(Probe))]
[JsonSerializable(typeof(DsseSignature))]
[JsonSerializable(typeof(TrustedKey))]
[JsonSerializable(typeof(ContainerSpec))]
[JsonSerializable(typeof(GroupVolume))]
[JsonSerializable(typeof(HostAlias))]
[JsonSerializable(typeof(ContainerPort))]
[JsonSerializable(typeof(ContainerMount))]
[JsonSerializable(typeof(ContainerDependency))]
[JsonSerializable(typeof(ContainerLabel))]
internal sealed partial class BundleContext : JsonSerializerContext;
