// Where the server is, as the phone reaches it: the emulator of Android calls the computer
// that it runs on 10.0.2.2, a phone needs the computer's address in the network.
export const url = process.env.EXPO_PUBLIC_SERVER ?? "http://10.0.2.2:3000";
