using GitOps.Bundles;

namespace GitOps.Agent;

/// <summary>What can go wrong on a node, apart from documents and from devices, volumes, the clock and containers: AGT030 to AGT069.</summary>
public static class AgentCodes
{
    public static readonly ErrorCode PolicyPath = new("AGT030", "a path is outside what the node's policy allows",
        "policy.json lists the roots below which files and volumes may lie. The bundle is refused whole, before any effect.");

    public static readonly ErrorCode PolicyUser = new("AGT031", "a user or group is not allowed by the node's policy",
        "policy.json lists the users a process may run as. The bundle is refused whole, before any effect.");

    public static readonly ErrorCode PolicyExecutable = new("AGT032", "an executable is outside what the node's policy allows",
        "policy.json lists the roots of executables outside a unit's own directory. The bundle is refused whole, before any effect.");

    public static readonly ErrorCode PolicyDevice = new("AGT033", "a device host or property is not allowed by the node's policy",
        "policy.json lists the hosts devices may be at and the properties that may be written. The bundle is refused whole.");

    public static readonly ErrorCode Denied = new("AGT034", "a bundle touches the agent's own files",
        "The agent's keys, state, configuration and policy are never written from Git.");

    public static readonly ErrorCode Contradiction = new("AGT035", "the units of a bundle contradict each other",
        "Two units claim one path or port, or wait for each other, or for one that is not there.");

    public static readonly ErrorCode Unreachable = new("AGT036", "the store cannot be reached",
        "The node goes on with what it has and tries again, with back-off.");

    public static readonly ErrorCode NoRoom = new("AGT037", "there is not enough room on the disk",
        "What is to be fetched would leave less than the reserve. Nothing is fetched until there is room.");

    public static readonly ErrorCode NotOwned = new("AGT038", "something is there that the agent did not make",
        "First contact with something foreign is refused unless the unit says adopt: true; then the original is kept and comes back on removal.");

    public static readonly ErrorCode Unhealthy = new("AGT039", "a bundle did not become healthy in time",
        "The node went back to the generation before and does not try this bundle again until there is another one, or 'gitops-agent retry'.");

    public static readonly ErrorCode Committed = new("AGT040", "a generation is committed",
        "Every unit of it is ready. What left the bundle is removed now.");

    public static readonly ErrorCode FileFailed = new("AGT041", "a file could not be written or removed",
        "The message has the reason the operating system gave.");

    public static readonly ErrorCode SecretMissing = new("AGT042", "a secret is not on this node",
        "Secrets are carried to the node by a person, as files. The unit waits until it is there.");

    public static readonly ErrorCode StartFailed = new("AGT043", "a process could not be started",
        "The message has the reason. It is tried again with back-off.");

    public static readonly ErrorCode StopFailed = new("AGT044", "a process could not be stopped",
        "It was sent its stop signal and SIGKILL and is still there, which the kernel does while it waits for a disk or device.");

    public static readonly ErrorCode StateFellBack = new("AGT045", "the newest state on disk could not be read",
        "The state before it is used: nothing that runs is stopped. A disk that forgets is the usual cause.");

    public static readonly ErrorCode StateLost = new("AGT046", "the state on disk cannot be read at all",
        "The agent does not guess what it owns: it refuses to start until a person has looked.");

    public static readonly ErrorCode Fight = new("AGT047", "somebody else keeps changing a unit",
        "It was put right three times within ten minutes and changed again. The agent stops until there is a new bundle, or 'gitops-agent retry'.");

    public static readonly ErrorCode Configuration = new("AGT048", "the agent's own configuration is wrong",
        "agent.json, policy.json or a file of the identity folder is missing or not what it should be.");

    public static readonly ErrorCode Bug = new("AGT049", "the agent met a mistake of its own",
        "The loop goes on with everything else. Please report it with the agent's log.");

    public static readonly ErrorCode ReportsDropped = new("AGT050", "reports were dropped",
        "The control plane was away for so long that the queue of reports reached its bound; the oldest went.");

    public static readonly ErrorCode HeldByPerson = new("AGT051", "a person holds a unit",
        "Somebody at the machine asked that it be left alone for a while; 'gitops-agent status' shows who, why and until when.");

    public static readonly ErrorCode Decommissioned = new("AGT052", "the node has left the fleet",
        "A signed tombstone says so, and whether what runs is kept or wiped.");

    public static readonly ErrorCode ObserveFailed = new("AGT053", "a unit could not be looked at",
        "Its driver did not answer in time. Other units are not affected.");

    public static readonly ErrorCode StaleHead = new("AGT054", "the store's head is old",
        "The control plane signs a head several times a day. The newest is no longer good, by a trusted clock: it does not run, or " +
        "somebody between it and the node holds news back. Everything on the node goes on.");

    public static readonly ErrorCode RootFollowed = new("AGT055", "a newer root of trust is followed",
        "It is signed by enough keys of the root before and of its own. From now on only its keys count, also after a restart.");

    public static readonly ErrorCode ReportCut = new("AGT056", "a report was too long and is cut",
        "Older events go first, then the length of messages, then lists; what is unwell stays longest. 'gitops-agent status' on the node has all of it.");

    public static readonly ErrorCode StateNotKept = new("AGT057", "the agent's state could not be written",
        "Most often the disk is full. What runs goes on and is supervised; nothing new is begun and nothing is reported that is not on " +
        "disk. It is tried again with back-off, and goes on by itself once there is room.");

    public static readonly ErrorCode ImportFailed = new("AGT058", "a file that was carried to the node cannot be taken in",
        "It is no archive that 'gitops export' wrote, or not the whole of it. Nothing of it was applied.");

    public static readonly ErrorCode Drifted = new("AGT061", "somebody else changed a unit",
        "Its 'drift: warn' says that this is reported and left. It is put right when Git says something else of it, or 'drift: correct'.");

    public static readonly ErrorCode Pinned = new("AGT062", "a person pinned a generation",
        "Somebody at the machine led the node back to a generation that is kept there, for a time. Newer ones are fetched and wait; " +
        "'gitops-agent rollback --end' ends it.");

    public static readonly ErrorCode NoDriver = new("AGT059", "a unit of a kind this agent has no driver for",
        "The agent knows what the unit asks for and has nothing to do it with: containers need an engine that agent.json names. The bundle is refused whole, before any effect; the node keeps what it has.");

    public static readonly ErrorCode FetchHeld = new("AGT060", "blobs are not fetched now",
        "agent.json names a download window or a byte budget for this node's link. What is small (pointers, bundles, reports) goes on; " +
        "what the node has goes on; 'gitops-agent fetch' lifts it for an hour.");

    public static readonly ErrorCode PolicyAgent = new("AGT066", "the node's policy does not let Git replace its agent",
        "policy.json says agentUpdate: false. The bundle is refused whole, before any effect; a person installs agents on this node.");

    public static readonly ErrorCode AgentGivenUp = new("AGT067", "a new agent did not prove itself",
        "It could not run on the machine, ended, hung, or did not reach the control plane that the one before reached. The node went back to " +
        "the agent before, keeps the last good generation, and does not try this executable again until another one is asked for, or 'gitops-agent retry'.");

    public static readonly ErrorCode AgentWaits = new("AGT068", "a new agent cannot be put in place now",
        "Something on the node is in the way: a file system mounted noexec, a full disk, a person's hold. It is tried again with back-off.");

    public static readonly ErrorCode AgentReplaced = new("AGT069", "the node runs another agent",
        "It was named in Git, has proved itself, and is what starts from now on.");

    public static readonly ErrorCode UnitLeftAlone = new("AGT070", "a unit that a newer agent made is left alone",
        "An older agent was put back and does not know this kind of unit or a field of it. What was made of it stays as it is, is not removed " +
        "when it leaves Git, and is managed again once the newer agent is back.");

    public static readonly ErrorCode ClockWrong = new("AGT071", "the clock is too wrong to judge certificates by",
        "The control plane's certificate was not yet or no longer good by the node's clock, so the node asked it for the time; the answer is signed by the " +
        "fleet's key and holds a nonce of the node's. Certificates are judged at that time until the agent restarts; the clock itself is left alone.");

    public static readonly ErrorCode IdentityThere = new("AGT200", "this machine has an identity already",
        "The folder holds the only copy of a node's key. 'gitops-agent enroll --force' replaces it; what is in policy.json stays.");

    public static readonly ErrorCode WrongAuthority = new("AGT201", "the control plane is not the one that was meant",
        "None of its authorities has the fingerprint that was given, or its certificate is of another one: a wrong address, a mistyped fingerprint, or " +
        "somebody in between. Nothing was sent.");

    public static readonly ErrorCode NotEnrolled = new("AGT202", "the control plane does not enrol this machine",
        "It refuses the token, or what it answers does not fit what was asked. Nothing on this machine was changed.");

    public static readonly ErrorCode NotRenewed = new("AGT203", "the node's certificate is not renewed",
        "It is to be renewed when two thirds of its life are over, and that fails for now. What runs goes on; it is tried again.");

    public static readonly ErrorCode EnrolAgain = new("AGT204", "the node's certificate has ended, and the control plane does not renew it",
        "It ended longer ago than the fleet allows, or was revoked. What runs goes on and is supervised, nothing new comes and nothing is reported until the machine is enrolled again.");

    public static readonly ErrorCode IdentityNotKept = new("AGT205", "the node's new certificate could not be written",
        "Most often the disk is full or the identity folder is read-only. The certificate in use stays; it is tried again.");

    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        PolicyPath, PolicyUser, PolicyExecutable, PolicyDevice, Denied, Contradiction, Unreachable, NoRoom, NotOwned, Unhealthy,
        Committed, FileFailed, SecretMissing, StartFailed, StopFailed, StateFellBack, StateLost, Fight, Configuration, Bug,
        ReportsDropped, HeldByPerson, Decommissioned, ObserveFailed, StaleHead, RootFollowed, ReportCut, StateNotKept, ImportFailed, NoDriver,
        FetchHeld, Drifted, Pinned, PolicyAgent, AgentGivenUp, AgentWaits, AgentReplaced,
        UnitLeftAlone, ClockWrong,
        IdentityThere, WrongAuthority, NotEnrolled, NotRenewed, EnrolAgain, IdentityNotKept,
    ];
}
