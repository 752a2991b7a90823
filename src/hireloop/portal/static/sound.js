// The microphone's level, and a tone for the speaker.

import { within } from "./bounded.js";

const HEARD = 8; // per cent of the meter
const SETTLES_WITHIN = 2000;

let sounds = null;

async function context() {
  sounds ??= new AudioContext();
  if (sounds.state !== "running") await within(SETTLES_WITHIN, sounds.resume());
  return sounds;
}

// Moves the meter with the microphone until the track ends; calls `heard` once, at the first sound.
export async function meter(stream, element, heard) {
  const audio = await context();
  const listener = audio.createAnalyser();
  listener.fftSize = 1024;
  audio.createMediaStreamSource(stream).connect(listener);
  const samples = new Float32Array(listener.fftSize);
  let told = false;
  const look = () => {
    if (stream.getAudioTracks().every((track) => track.readyState === "ended")) {
      show(element, 0);
      return;
    }
    listener.getFloatTimeDomainData(samples);
    const loudness = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    const decibels = 20 * Math.log10(loudness || 1e-9);
    const level = Math.round(Math.max(0, Math.min(100, ((decibels + 60) / 50) * 100)));
    show(element, level);
    if (!told && level > HEARD) {
      told = true;
      heard();
    }
    setTimeout(look, 80);
  };
  look();
}

function show(element, level) {
  element.setAttribute("aria-valuenow", level);
  element.firstElementChild.style.width = `${level}%`;
}

export function canChooseSpeaker() {
  return "setSinkId" in HTMLMediaElement.prototype;
}

// Plays two soft notes, and answers whether on the speaker with this id; without it, on the usual one. Throws where
// nothing can be played in time.
export async function tone(speaker) {
  const audio = await context();
  const chosen = speaker && canChooseSpeaker() ? await through(audio, speaker) : null;
  [523.25, 659.25].forEach((pitch, note) => {
    const [begin, end] = [audio.currentTime + note * 0.45, audio.currentTime + note * 0.45 + 0.6];
    const [voice, volume] = [audio.createOscillator(), audio.createGain()];
    voice.frequency.value = pitch;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.25, begin + 0.04);
    volume.gain.exponentialRampToValueAtTime(0.001, end);
    voice.connect(volume).connect(chosen ?? audio.destination);
    voice.start(begin);
    voice.stop(end);
  });
  return chosen !== null;
}

// An element plays the sound: more browsers let it choose its speaker than let an AudioContext do so.
async function through(audio, speaker) {
  const out = audio.createMediaStreamDestination();
  const player = new Audio();
  player.srcObject = out.stream;
  try {
    await within(SETTLES_WITHIN, player.setSinkId(speaker));
    await within(SETTLES_WITHIN, player.play());
    return out;
  } catch {
    return null; // it is gone, or this page may not use it
  }
}
